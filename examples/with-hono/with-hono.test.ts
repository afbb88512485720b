import { type Emulator, startEmulator } from '@tasklatch/emulator';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type RunningExample, shown, startExample } from '../start-example.js';

const CRON_SECRET = 'what only the cron of the host knows';
let emulator: Emulator;
let app: RunningExample;
beforeEach(async () => {
  emulator = await startEmulator();
  app = await startExample(new URL('.', import.meta.url), {
    APIDOT_BASE_URL: emulator.url,
    APIDOT_API_KEY: emulator.apiKey,
    TASKLATCH_SECRET: 'a secret of this test, of more than 32 characters',
    CRON_SECRET,
  });
});
afterEach(async () => {
  await app.end();
  await emulator.close();
});

const ask = async (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${app.url}${path}`, { headers: { 'x-user': 'ann', 'content-type': 'application/json' }, ...init });
const tick = (authorization: string): Promise<Response> => ask('/cron/tick', { headers: { authorization } });

it('settles a task and runs its effect with nothing but requests and a cron', { timeout: 90_000 }, async () => {
  const order = { method: 'POST', body: '{"key":"k1","prompt":"a red boat"}' };
  const { id } = await shown(ask('/pictures', order));
  await emulator.idle();
  // The callback has come, and is only a hint: the check that confirms it waits for the cron.
  const before = await shown(ask(`/tasks/${id}`));
  expect(before).toMatchObject({ status: 'pending', confirming: true });

  const report = await (await tick(`Bearer ${CRON_SECRET}`)).json();
  expect(report).toMatchObject({ checks: 1 });
  await tick(`Bearer ${CRON_SECRET}`);
  expect((await shown(ask(`/tasks/${id}`))).status).toBe('succeeded');
  await expect.poll(() => app.output().split(`${id} succeeded`).length - 1).toBe(1);
  expect((await shown(ask('/pictures', order))).id).toBe(id);
  expect(emulator.counts().tasksMade).toBe(1);
});

it('lets nobody but the cron tick', { timeout: 90_000 }, async () => {
  const answers = [
    await ask('/cron/tick'),
    await tick('Bearer '),
    await tick(`Bearer ${CRON_SECRET}x`),
    await tick(CRON_SECRET),
  ];
  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
  expect((await ask('/tasks', { headers: {} })).status).toBe(401);
});

it('ends cleanly', { timeout: 90_000 }, async () => {
  expect(await app.end()).toBe(0);
});
