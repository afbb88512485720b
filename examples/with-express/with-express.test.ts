import { type Emulator, startEmulator } from '@tasklatch/emulator';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type RunningExample, shown, startExample } from '../start-example.js';

let emulator: Emulator;
let app: RunningExample;
beforeEach(async () => {
  emulator = await startEmulator({ faults: { callback: { duplicate: true } } });
  app = await startExample(new URL('.', import.meta.url), {
    APIDOT_BASE_URL: emulator.url,
    APIDOT_API_KEY: emulator.apiKey,
    TASKLATCH_SECRET: 'a secret of this test, of more than 32 characters',
  });
});
afterEach(async () => {
  await app.end();
  await emulator.close();
});

const ask = (path: string, init: RequestInit = {}, user = 'ann'): Promise<Response> =>
  fetch(`${app.url}${path}`, {
    ...init,
    headers: { 'x-user': user, 'content-type': 'application/json', ...init.headers },
  });

const order = (key: string): Promise<Response> =>
  ask('/pictures', { method: 'POST', body: '{"prompt":"a red boat"}', headers: { 'idempotency-key': key } });

it('makes one picture of two requests with one key, shows it live, and runs its effect once', {
  timeout: 90_000,
}, async () => {
  const [first, second] = await Promise.all([order('k1'), order('k1')]);
  const { id } = await shown(first);
  expect((await shown(second)).id).toBe(id);
  expect(first.headers.get('location')).toBe(`/tasks/${id}`);

  const events = await (await ask(`/tasks/${id}/events`)).text();
  expect(events).toContain('"status":"succeeded"');
  const { results } = await shown(ask(`/tasks/${id}`));
  expect((await fetch(results[0]?.url ?? '')).headers.get('content-type')).toBe('image/png');

  await emulator.idle();
  await expect.poll(() => app.output().split(`${id} succeeded`).length - 1).toBe(1);
  expect(emulator.counts()).toMatchObject({ tasksMade: 1, callbackAnswers: { 200: emulator.counts().callbacksSent } });
  expect((await ask(`/tasks/${id}`, {}, 'bob')).status).toBe(404);
});

it('says what is wrong with a request, and ends cleanly', { timeout: 90_000 }, async () => {
  expect((await ask('/pictures', { method: 'POST', body: '{}' })).status).toBe(400);
  await order('k2');
  const other = await ask('/pictures', {
    method: 'POST',
    body: '{"prompt":"x"}',
    headers: { 'idempotency-key': 'k2' },
  });
  expect([other.status, await other.json()]).toEqual([409, { error: 'key_conflict' }]);
  expect(await app.end()).toBe(0);
});
