import { createHmac } from 'node:crypto';
import { providerApp, serveLoopback } from '@tasklatch/testing';
import { expect, it, onTestFinished } from 'vitest';
import { openai } from './index.js';

const SECRET = Buffer.alloc(32, 6);

function post(origin: string, type: string, id: string) {
  const body = JSON.stringify({ object: 'event', id: 'evt_1', type, created_at: 1, data: { id } });
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', SECRET).update(`wh_1.${timestamp}.${body}`).digest('base64');
  const headers = { 'webhook-id': 'wh_1', 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
  return fetch(`${origin}/openai`, { method: 'POST', body, headers });
}

it('a thin webhook makes the result be fetched, and the effect gets it, once', async () => {
  let status = 'queued';
  const asked: string[] = [];
  const { origin: api } = await serveLoopback((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.end(JSON.stringify({ id: 'resp_1', status, output: status === 'completed' ? [{ text: 'A boat.' }] : [] }));
  }, onTestFinished);
  const provider = openai({
    apiKey: 'sk-0123456789',
    webhookSecret: `whsec_${SECRET.toString('base64')}`,
    baseUrl: api,
  });
  const { latch, origin, settled } = await providerApp(provider, {}, onTestFinished);

  // The webhook overtakes the answer to the submit: nobody knows the id yet.
  expect((await post(origin, 'response.completed', 'resp_1')).status).toBe(200);
  const { id } = await latch.submit({ provider: 'openai', model: 'gpt-5.1', input: { input: 'x' }, key: 'k' });
  status = 'completed';
  for (let copy = 0; copy < 5; copy += 1) expect((await post(origin, 'response.completed', 'resp_1')).status).toBe(200);

  expect(await latch.wait(id, 20_000)).toMatchObject({
    status: 'succeeded',
    result: { data: { output: [{ text: 'A boat.' }] } },
  });
  await expect.poll(() => settled.length).toBe(1);
  expect(asked.filter((line) => line === 'POST /v1/responses')).toHaveLength(1);
  expect(asked).toContain('GET /v1/responses/resp_1');
});

it('a webhook without a right signature does nothing', async () => {
  const { latch, origin } = await providerApp(
    openai({ apiKey: 'sk-0123456789', webhookSecret: `whsec_${Buffer.alloc(32, 1).toString('base64')}` }),
    {},
    onTestFinished,
  );
  expect((await post(origin, 'response.completed', 'resp_1')).status).toBe(401);
  expect((await latch.ledger({ quarantine: {} })).entries).toEqual([]);
});
