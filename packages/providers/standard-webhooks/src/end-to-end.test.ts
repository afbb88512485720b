import { createHmac } from 'node:crypto';
import { providerApp } from '@tasklatch/testing';
import { expect, it, onTestFinished } from 'vitest';
import { standardWebhooks } from './index.js';

const SECRET = Buffer.alloc(32, 9);

function post(origin: string, id: string, body: string, more: Record<string, string> = {}, key: Buffer = SECRET) {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}`, ...more };
  return fetch(`${origin}/billing`, { method: 'POST', body, headers });
}

it('each message runs its effect once, however often it comes, and what can’t be read is kept', async () => {
  const provider = standardWebhooks({ name: 'billing', secret: `whsec_${SECRET.toString('base64')}` });
  const { latch, origin, settled } = await providerApp(provider, { unknownTasks: 'open' }, onTestFinished);
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, copy) => post(origin, `msg_${copy % 4}`, `{"invoice":${copy % 4}}`)),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
  await expect.poll(() => settled.length).toBe(4);
  expect(settled.map((task) => JSON.stringify(task.result?.data)).sort()).toEqual(
    [0, 1, 2, 3].map((n) => `{"invoice":${n}}`),
  );

  expect((await post(origin, 'msg_9', 'no JSON')).status).toBe(200);
  expect((await latch.ledger({ quarantine: { provider: 'billing' } })).entries).toHaveLength(1);
  expect((await fetch(`${origin}/billing`, { method: 'POST', body: '{}' })).status).toBe(401);
});

it('a webhook that was not understood is read again after a fix, with the headers that matter', async () => {
  const secret = `whsec_${SECRET.toString('base64')}`;
  let fixed = false;
  const provider = standardWebhooks({
    name: 'billing',
    secret,
    readsHeaders: ['x-event'],
    status: ({ header }) => {
      if (!fixed) throw new Error('a mistake in the app');
      return header('x-event') === 'void' ? 'canceled' : 'succeeded';
    },
  });
  const { latch, origin, settled } = await providerApp(provider, { unknownTasks: 'open' }, onTestFinished);
  expect((await post(origin, 'msg_1', '{"invoice":1}', { 'x-event': 'void', 'x-other': 'y' })).status).toBe(200);
  const [entry] = (await latch.ledger({ quarantine: {} })).entries;
  expect(entry?.fact.delivery?.headers).toMatchObject({ 'webhook-id': 'msg_1', 'x-event': 'void' });
  expect(JSON.stringify(entry)).not.toMatch(/x-other|webhook-signature/);
  fixed = true;
  expect(await latch.release(entry?.id ?? '')).toBe(true);
  await expect
    .poll(() => settled.map(({ status, externalId }) => [status, externalId]))
    .toEqual([['canceled', 'msg_1']]);
});

it('which secret of a rotation signed a webhook stands in the ledger, and an old one counts for its time only', async () => {
  const next = `whsec_${SECRET.toString('base64')}`;
  const old = (until: number) => ({ secret: `whsec_${Buffer.alloc(32, 1).toString('base64')}`, id: 'old', until });
  const wasSigned = async (until: number, key: Buffer) => {
    const provider = standardWebhooks({ name: 'billing', secret: [old(until), { secret: next, id: 'next' }] });
    const { latch, origin } = await providerApp(provider, { unknownTasks: 'open' }, onTestFinished);
    if ((await post(origin, 'msg_1', '{}', {}, key)).status === 401) return 'refused';
    const [task] = (await latch.list()).items;
    const { entries } = await latch.ledger({ taskId: task?.id ?? '' });
    return entries.map(({ fact }) => [fact.delivery?.authenticity, fact.delivery?.keyId]);
  };
  const later = Date.now() + 3_600_000;
  expect(await wasSigned(later, SECRET)).toEqual([['signed', 'next']]);
  expect(await wasSigned(later, Buffer.alloc(32, 1))).toEqual([['signed', 'old']]);
  expect(await wasSigned(Date.now() - 1, Buffer.alloc(32, 1))).toBe('refused');
});
