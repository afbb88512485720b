import { randomUUID } from 'node:crypto';
import { type Emulator, startEmulator } from '@tasklatch/emulator';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { freePort, type RunningExample, shown, startExample } from '../start-example.js';

const redisUrl = inject('redisUrl');

let emulator: Emulator;
let apps: RunningExample[];
let prefix: string;
beforeEach(async () => {
  if (redisUrl === null) return;
  emulator = await startEmulator({ pace: { runningMs: 400 }, faults: { callback: { duplicate: true } } });
  prefix = `pictures-${randomUUID()}`;
  const ports = [await freePort(), await freePort()];
  const start = (port: number): Promise<RunningExample> =>
    startExample(
      new URL('.', import.meta.url),
      {
        APIDOT_BASE_URL: emulator.url,
        APIDOT_API_KEY: emulator.apiKey,
        TASKLATCH_SECRET: 'a secret of this test, of more than 32 characters',
        REDIS_URL: redisUrl,
        REDIS_PREFIX: prefix,
        // All callbacks go to the first.
        PUBLIC_URL: `http://127.0.0.1:${ports[0]}`,
      },
      { port },
    );
  apps = await Promise.all(ports.map(start));
});
afterEach(async () => {
  if (redisUrl === null) return;
  await Promise.all(apps.map((app) => app.end()));
  await emulator.close();
});

it.skipIf(redisUrl === null)(
  'shows on one instance, live, what came to the other, and runs the effect once',
  async () => {
    const [first, second] = apps;
    const headers = { 'x-user': 'ann', 'content-type': 'application/json' };
    const order = (app: RunningExample | undefined): Promise<Response> =>
      fetch(`${app?.url}/pictures`, { method: 'POST', headers, body: '{"key":"k1","prompt":"a red boat"}' });
    const [one, same] = await Promise.all([shown(order(first)), shown(order(second))]);
    expect(one.id).toBe(same.id);

    const events = await (await fetch(`${second?.url}/tasks/${one.id}/events`, { headers })).text();
    expect(events).toContain('"status":"succeeded"');
    const { results } = await shown(fetch(`${second?.url}/tasks/${one.id}`, { headers }));
    expect((await fetch(results[0]?.url ?? '')).headers.get('content-type')).toBe('image/png');

    await emulator.idle();
    expect(emulator.counts().tasksMade).toBe(1);
    const redis = new Redis(redisUrl ?? '');
    await expect.poll(() => redis.hvals(`${prefix}-gallery`)).toEqual([one.id]);
    redis.disconnect();

    expect((await fetch(`${first?.url}/pictures`, { method: 'POST', headers, body: '{}' })).status).toBe(400);
    expect(await Promise.all(apps.map((app) => app.end()))).toEqual([0, 0]);
    // Neither a token nor a prompt is in what the framework logged.
    const logged = apps.map((app) => app.output()).join('');
    expect(logged).toContain('/callbacks/apidot/…');
    expect(logged).not.toMatch(/callbacks\/apidot\/[\w.~-]{10}|red boat/);
  },
);
