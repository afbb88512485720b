import { readFileSync } from 'node:fs';
import { type Emulator, startEmulator } from '@tasklatch/emulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort, type RunningExample, startExample } from '../start-example.js';

const folder = new URL('.', import.meta.url);
let emulator: Emulator;
let app: RunningExample | undefined;

async function start(script: string): Promise<void> {
  const port = await freePort();
  const env = {
    APIDOT_BASE_URL: emulator.url,
    APIDOT_API_KEY: emulator.apiKey,
    TASKLATCH_SECRET: 'a secret of this test, of more than 32 characters',
    PUBLIC_URL: `http://127.0.0.1:${port}`,
  };
  app = await startExample(folder, env, { port, script });
}

/** A customer's browser: keeps its cookie. */
async function customer(user: string): Promise<(path: string, method?: string, body?: object) => Promise<Response>> {
  let cookie = '';
  const ask = (path: string, method = 'GET', body?: object): Promise<Response> =>
    fetch(`${app?.url}${path}`, {
      method,
      headers: { cookie, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  cookie = (await ask('/login', 'POST', { user })).headers.get('set-cookie')?.split(';')[0] ?? '';
  return ask;
}

const orderOf = async (answer: Promise<Response>): Promise<{ id: string; picture: string | null }> =>
  // The shop's own JSON.
  (await (await answer).json()) as { id: string; picture: string | null };

beforeEach(async () => {
  emulator = await startEmulator({ faults: { callback: { duplicate: true } } });
});
afterEach(async () => {
  await app?.end();
  app = undefined;
  await emulator.close();
});

describe.each(['start:before', 'start'])('the shop, by npm run %s', (script) => {
  it('does what it always did', { timeout: 90_000 }, async () => {
    await start(script);
    const ann = await customer('ann');
    const { id } = await orderOf(ann('/orders', 'POST', { text: 'a red boat' }));
    expect((await orderOf(ann(`/orders/${id}`))).id).toBe(id);
    expect((await (await customer('bob'))(`/orders/${id}`)).status).toBe(404);
    expect((await fetch(`${app?.url}/orders/${id}`)).status).toBe(401);
    const form = new URLSearchParams({ user: 'carl' });
    expect(await (await fetch(`${app?.url}/login`, { method: 'POST', body: form })).json()).toEqual({ user: 'carl' });
    const broken = await fetch(`${app?.url}/broken`);
    expect([broken.status, await broken.json()]).toEqual([500, { error: 'the shop is out of order' }]);
    expect((await ann('/orders', 'POST', { text: 'x'.repeat(300_000) })).status).toBe(413);
    expect(await app?.end()).toBe(0);
  });
});

it('draws the pictures itself, with the library in it', { timeout: 90_000 }, async () => {
  await start('start');
  const ann = await customer('ann');
  const { id } = await orderOf(ann('/orders', 'POST', { text: 'a red boat' }));
  await expect.poll(async () => (await orderOf(ann(`/orders/${id}`))).picture, { timeout: 20_000 }).not.toBe(null);
  const { picture } = await orderOf(ann(`/orders/${id}`));
  expect((await fetch(picture ?? '')).headers.get('content-type')).toBe('image/png');
  expect(await (await ann('/tasks')).json()).toMatchObject({ tasks: [{ status: 'succeeded' }] });
  expect(await (await (await customer('bob'))('/tasks')).json()).toEqual({ tasks: [], next: null });
  expect((await fetch(`${app?.url}/tasks`)).status).toBe(401);
  // What the provider refuses goes through the shop's own error handler.
  const refused = await ann('/orders', 'POST', { text: '' });
  expect(await refused.json()).toEqual({ error: 'the shop is out of order' });
  // The callback came through the shop's body parsers.
  expect(emulator.counts().callbackAnswers).toMatchObject({ 200: 2 });
});

it('took fewer than 15 lines', () => {
  const lines = (file: string): string[] => readFileSync(new URL(`src/${file}.ts`, folder), 'utf8').split('\n');
  expect(changedLines(lines('before'), lines('after'))).toBeLessThan(15);
});

/** Lines removed plus lines added, as `diff` counts them: all that are in no longest common subsequence. */
function changedLines(before: readonly string[], after: readonly string[]): number {
  let row = new Array<number>(after.length + 1).fill(0);
  for (const line of before) {
    const next = [0];
    for (const [at, other] of after.entries())
      next.push(line === other ? (row[at] ?? 0) + 1 : Math.max(row[at + 1] ?? 0, next[at] ?? 0));
    row = next;
  }
  return before.length + after.length - 2 * (row.at(-1) ?? 0);
}
