import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Emulator, type EmulatorOptions, startEmulator } from '@tasklatch/emulator';
import { expect, it, onTestFinished } from 'vitest';
import manifest from './package.json' with { type: 'json' };

const [, ...script] = manifest.scripts.start.split(' ');
const cwd = fileURLToPath(new URL('.', import.meta.url));

async function bench(options: EmulatorOptions = {}) {
  const emulator = await startEmulator(options);
  const folder = await mkdtemp(join(tmpdir(), 'tasklatch-example-'));
  onTestFinished(async () => {
    await emulator.close();
    await rm(folder, { recursive: true, force: true });
  });
  const api = { APIDOT_BASE_URL: emulator.url, APIDOT_API_KEY: emulator.apiKey };
  return { emulator, env: { ...process.env, ...api, TASKS_FILE: join(folder, 'tasks.db') } };
}

type Bench = Awaited<ReturnType<typeof bench>>;

/** Runs the script to its end. */
const run = ({ env }: Bench, ...args: string[]): Promise<{ code: number | string; out: string }> =>
  new Promise((resolve) =>
    execFile(process.execPath, [...script, ...args], { cwd, env, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : (error.code ?? error.signal ?? 1), out: stdout + stderr }),
    ),
  );

const posts = (emulator: Emulator) => {
  const { submits, tasksMade, callbacksSent } = emulator.counts();
  return { submits, tasksMade, callbacksSent };
};

it('makes a picture by checks alone, and the same one when it is run again', async () => {
  const one = await bench();
  const first = await run(one, 'boat', 'a red boat');
  expect(first).toMatchObject({ code: 0, out: expect.stringMatching(/^succeeded\nhttp:\S+\n$/) });
  expect(await run(one, 'boat', 'a red boat')).toEqual(first);
  expect(posts(one.emulator)).toEqual({ submits: 1, tasksMade: 1, callbacksSent: 0 });
  const [, url = ''] = first.out.split('\n');
  expect((await fetch(url)).headers.get('content-type')).toBe('image/png');
}, 90_000);

it('goes on with its task after a kill, and pays once', async () => {
  const one = await bench({ pace: { pendingMs: 3_000, runningMs: 1_000 } });
  const child = spawn(process.execPath, [...script, 'boat', 'a red boat'], { cwd, env: one.env, stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  // A check comes after the answer to the submit is in the file.
  await expect.poll(() => one.emulator.counts().statusChecks, { timeout: 30_000 }).toBeGreaterThan(0);
  child.kill('SIGKILL');
  await ended;
  expect(await run(one, 'boat', 'a red boat')).toMatchObject({
    code: 0,
    out: expect.stringContaining('succeeded\nhttp'),
  });
  expect(posts(one.emulator)).toEqual({ submits: 1, tasksMade: 1, callbacksSent: 0 });
}, 90_000);

it('says what went wrong', async () => {
  const one = await bench({
    faults: { task: { fails: true, errorMessage: 'The prompt violates our content policy' } },
  });
  const failed = await run(one, 'boat', 'x');
  expect(failed).toEqual({ code: 1, out: 'failed\nfailed The prompt violates our content policy\n' });
  const other = await run(one, 'boat', 'something else');
  expect(other).toMatchObject({ code: 1, out: expect.stringContaining('One key is one task') });
  const env = { ...one.env, APIDOT_API_KEY: '' };
  expect(await run({ ...one, env }, 'a', 'x')).toMatchObject({ code: 1, out: expect.stringContaining('no apiKey') });
}, 90_000);
