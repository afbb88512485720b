import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type RunningExample, startExample } from '../start-example.js';

const KEY = Buffer.alloc(32, 7);

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'tasklatch-example-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

async function start(EVENTS_FILE: string): Promise<RunningExample> {
  const WEBHOOK_SECRET = `whsec_${KEY.toString('base64')}`;
  const app = await startExample(new URL('.', import.meta.url), { EVENTS_FILE, WEBHOOK_SECRET });
  onTestFinished(async () => void (await app.end()));
  return app;
}

/** Posts an event as its sender would; `key` and `signed` are what a forger gets wrong. */
async function post(app: RunningExample, id: string, body: string, { key = KEY, signed = body } = {}): Promise<number> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${signed}`).digest('base64');
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
  return (await fetch(`${app.url}/webhooks/billing`, { method: 'POST', headers, body })).status;
}

const handled = (app: RunningExample): string[] =>
  [...app.output().matchAll(/handled (\S+)/g)].map(([, id = '']) => id);
const statuses = async (answers: Promise<number>[]): Promise<number[]> => [...new Set(await Promise.all(answers))];

it('handles each event once: of copies at once, in any order, among forgeries, and through a kill', async () => {
  const file = join(await folder(), 'events.db');
  const app = await start(file);
  const ids = Array.from({ length: 20 }, (_, index) => `msg_${index}`);
  const bodyOf = (id: string) => JSON.stringify({ type: 'invoice.paid', id });
  const copies = [...ids, ...ids.toReversed(), ...ids];

  const [good, forged] = await Promise.all([
    statuses(copies.map((id) => post(app, id, bodyOf(id)))),
    statuses([
      ...ids.map((id) => post(app, `forged_${id}`, bodyOf(id), { key: Buffer.alloc(32, 8) })),
      ...ids.map((id) => post(app, id, '{"type":"invoice.void"}', { signed: bodyOf(id) })),
    ]),
  ]);
  expect([good, forged]).toEqual([[200], [401]]);
  await expect.poll(() => handled(app).length).toBe(20);
  expect(handled(app).sort()).toEqual(ids.toSorted());

  expect(await app.end('SIGKILL')).toBe('SIGKILL');
  const again = await start(file);
  expect(await statuses(copies.map((id) => post(again, id, bodyOf(id))))).toEqual([200]);
  expect(await post(again, 'msg_new', '{}')).toBe(200);
  await expect.poll(() => handled(again)).toEqual(['msg_new']);
  expect(await again.end()).toBe(0);
});

it('does not start with a secret that is none, and says what is wrong', async () => {
  const made = startExample(new URL('.', import.meta.url), {
    EVENTS_FILE: join(await folder(), 'a.db'),
    WEBHOOK_SECRET: '',
  });
  await expect(made).rejects.toThrow(/the secret is empty\. Is the environment variable set\?/);
});
