import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { check, checkUntilEnd, make, submit } from '../test/client.js';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function run(...args: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const { url, pid } = JSON.parse(line);
  return { child, url: String(url), pid, apiKey: 'sk-emulator' };
}

test('it runs as a process of its own, with a seed, faults and a pace, and ends on SIGTERM', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'emulator-'));
  const faults = join(folder, 'faults.json');
  await writeFile(faults, JSON.stringify({ task: { fails: true, errorMessage: 'as told' } }));
  const emulator = await run(
    '--port',
    '0',
    '--seed',
    '7',
    '--faults',
    faults,
    '--pending-ms',
    '0',
    '--running-ms',
    '10',
  );
  await rm(folder, { recursive: true });
  expect(emulator.pid).toBe(emulator.child.pid);
  const answer = await checkUntilEnd(emulator, await make(emulator));
  expect(answer.data).toMatchObject({ status: 'failed', error_message: 'as told' });

  emulator.child.kill('SIGTERM');
  const [code] = await once(emulator.child, 'exit');
  expect(code).toBe(0);
});

test('it can end with its parent', async () => {
  const emulator = await run('--exit-with-stdin', '--api-key', 'sk-other');
  expect((await submit(emulator)).status).toBe(401);
  expect((await check({ ...emulator, apiKey: 'sk-other' }, 'x')).status).toBe(404);
  emulator.child.stdin?.end();
  const [code] = await once(emulator.child, 'exit');
  expect(code).toBe(0);
});
