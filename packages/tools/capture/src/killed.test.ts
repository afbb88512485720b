import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTasklatch } from '@tasklatch/core';
import { sqliteStore } from '@tasklatch/sqlite';
import { expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../test/capture-process.ts', import.meta.url));

it('goes on where a killed worker stopped, without the other handlers', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tasklatch-capture-'));
  const [file, to] = [join(folder, 'tasks.db'), join(folder, 'results')];
  const asked: string[] = [];
  const origin = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(200, { 'content-type': 'image/png', 'content-length': 8 });
    // The second file hangs in its middle the first time.
    if (request.url === '/b' && asked.filter((url) => url === '/b').length === 1) response.write('half');
    else response.end(`whole ${request.url}`);
  }).listen(0, '127.0.0.1');
  await once(origin, 'listening');
  const { port } = origin.address() as AddressInfo;
  const files = ['a', 'b'].map((name) => ({ url: `http://127.0.0.1:${port}/${name}`, kind: 'image' as const }));
  const store = sqliteStore({ file });
  const latch = createTasklatch({
    store,
    providers: [
      {
        name: 'studio',
        submit: async () => ({
          kind: 'accepted',
          fact: { externalId: 'film-1', status: 'succeeded', result: { files } },
        }),
      },
    ],
  });
  const workers: ReturnType<typeof spawn>[] = [];
  const startWorker = () => {
    const worker = spawn(process.execPath, ['--import', 'tsx', SCRIPT, file, to], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    workers.push(worker);
    return worker;
  };
  const until = async (done: () => boolean | Promise<boolean>) => {
    while (!(await done())) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  try {
    const { id } = await latch.submit({ provider: 'studio', input: {}, owner: 'ann', key: 'film' });
    const effects = async () =>
      (await latch.ledger({ taskId: id })).effects.map(({ kind, runs, state }) => [kind, state, runs]);
    const names = async () => (await readdir(join(to, id)).catch(() => [])).filter((name) => !name.startsWith('.'));
    const first = startWorker();
    await until(async () => asked.includes('/b') && (await names()).includes('0.png'));
    await until(async () => (await effects()).some(([kind, state]) => kind === 'settled:mail' && state === 'done'));
    first.kill('SIGKILL');
    await once(first, 'exit');

    startWorker();
    await until(async () => (await effects()).every(([, state]) => state === 'done'));
    expect(await effects()).toEqual([
      ['settled', 'done', 1],
      ['settled:capture', 'done', 2],
      ['settled:mail', 'done', 1],
    ]);
    expect((await names()).sort()).toEqual(['0.png', '1.png']);
    expect(await readFile(join(to, id, '1.png'), 'utf8')).toBe('whole /b');
    expect(asked).toEqual(['/a', '/b', '/b']);
  } finally {
    for (const worker of workers) worker.kill('SIGKILL');
    await latch.stop();
    await store.close?.();
    origin.closeAllConnections();
    origin.close();
    await rm(folder, { recursive: true, force: true });
  }
});
