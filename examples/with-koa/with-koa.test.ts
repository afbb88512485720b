import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Emulator, startEmulator } from '@tasklatch/emulator';
import { sqliteStore } from '@tasklatch/sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { freePort, type RunningExample, shown, startExample } from '../start-example.js';

let emulator: Emulator;
let app: RunningExample;
let folder: string;
let port: number;
const start = (): Promise<RunningExample> =>
  startExample(
    new URL('.', import.meta.url),
    {
      APIDOT_BASE_URL: emulator.url,
      APIDOT_API_KEY: emulator.apiKey,
      TASKLATCH_SECRET: 'a secret of this test, of more than 32 characters',
      TASKS_FILE: join(folder, 'tasks.db'),
    },
    { port },
  );
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'with-koa-'));
  port = await freePort();
  emulator = await startEmulator({
    pace: { pendingMs: 100, runningMs: 1_500 },
    faults: { callback: { duplicate: true, retries: [500, 1_000, 2_000, 4_000, 8_000] } },
  });
  app = await start();
});
afterEach(async () => {
  await app.end();
  await emulator.close();
  rmSync(folder, { recursive: true, force: true });
});

const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${app.url}${path}`, { ...init, headers: { 'x-user': 'ann', 'content-type': 'application/json' } });
const order = (key: string): Promise<Response> =>
  ask('/pictures', { method: 'POST', body: JSON.stringify({ key, prompt: 'a red boat' }) });

it('goes on with a task after kill -9, makes no second one, and writes its row once', { timeout: 90_000 }, async () => {
  const { id } = await shown(order('k1'));
  expect((await shown(ask(`/tasks/${id}`))).status).not.toBe('succeeded');
  expect(await app.end('SIGKILL')).toBe('SIGKILL');
  app = await start();
  expect((await shown(order('k1'))).id).toBe(id);

  expect(await (await ask(`/tasks/${id}/events`)).text()).toContain('"status":"succeeded"');
  const { results } = await shown(ask(`/tasks/${id}`));
  expect((await fetch(results[0]?.url ?? '')).status).toBe(200);
  await emulator.idle();
  expect(emulator.counts().tasksMade).toBe(1);
  expect(await app.end()).toBe(0);

  const store = sqliteStore({ file: join(folder, 'tasks.db') });
  const { effects } = await store.ledger({ taskId: id });
  await store.close?.();
  expect(effects.map(({ kind, state }) => [kind, state])).toEqual([['settled', 'done']]);
});

it('keeps its routes to those who are signed in', { timeout: 90_000 }, async () => {
  const anonymous = await fetch(`${app.url}/pictures`, { method: 'POST' });
  expect(anonymous.status).toBe(401);
  expect((await fetch(`${app.url}/tasks`)).status).toBe(401);
  expect((await ask('/nothing')).status).toBe(404);
});
