import { createHmac } from 'node:crypto';
import { providerApp, serveLoopback } from '@tasklatch/testing';
import { expect, it, onTestFinished } from 'vitest';
import { replicate } from './index.js';

const SECRET = Buffer.alloc(24, 5);

function post(url: string, prediction: object, key = SECRET) {
  const body = JSON.stringify(prediction);
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', key).update(`msg_1.${timestamp}.${body}`).digest('base64');
  const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
  return fetch(url, { method: 'POST', body, headers });
}

it('a signed webhook settles its task without a check, however often and in whatever order webhooks come', async () => {
  const asked: string[] = [];
  let webhook = '';
  const { origin: api } = await serveLoopback(async (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    let body = '';
    for await (const chunk of request) body += chunk;
    webhook = JSON.parse(body || '{}').webhook ?? webhook;
    response.writeHead(201).end('{"id":"p1","status":"starting"}');
  }, onTestFinished);
  const provider = replicate({
    apiKey: 'r8_0123456789',
    webhookSecret: `whsec_${SECRET.toString('base64')}`,
    baseUrl: api,
  });
  const { latch, settled } = await providerApp(provider, {}, onTestFinished);
  const { id } = await latch.submit({ provider: 'replicate', model: 'acme/painter', input: { prompt: 'x' }, key: 'k' });

  const done = { id: 'p1', status: 'succeeded', output: ['https://replicate.delivery/a/out.png'] };
  expect((await post(webhook, { ...done, status: 'failed' }, Buffer.alloc(24, 9))).status).toBe(401);
  await Promise.all([done, done, { id: 'p1', status: 'processing' }, done].map((one) => post(webhook, one)));
  expect((await post(webhook, { id: 'p1', status: 'processing' })).status).toBe(200);
  // Signed, and about another prediction than the URL: it changes neither.
  expect((await post(webhook, { ...done, id: 'p2', status: 'failed' })).status).toBe(200);

  expect(await latch.wait(id, 20_000)).toMatchObject({ status: 'succeeded', result: { files: [{ kind: 'image' }] } });
  await expect.poll(() => settled.length).toBe(1);
  expect(asked).toEqual(['POST /v1/models/acme/painter/predictions']);
});
