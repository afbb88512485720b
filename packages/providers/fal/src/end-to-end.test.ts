import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { providerApp, serveLoopback } from '@tasklatch/testing';
import { expect, it, onTestFinished } from 'vitest';
import { fal } from './index.js';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');

function post(url: string, told: object) {
  const body = JSON.stringify(told);
  const timestamp = String(Math.floor(Date.now() / 1000));
  const message = ['r1', 'u', timestamp, createHash('sha256').update(body).digest('hex')].join('\n');
  const headers = {
    'x-fal-webhook-request-id': 'r1',
    'x-fal-webhook-user-id': 'u',
    'x-fal-webhook-timestamp': timestamp,
    'x-fal-webhook-signature': sign(null, Buffer.from(message), privateKey).toString('hex'),
  };
  return fetch(url, { method: 'POST', body, headers });
}

it('webhooks wait while the key server is down, and a result that one lacks is fetched from the queue', async () => {
  let keysDown = true;
  const { origin: keys } = await serveLoopback(
    (_request, response) =>
      keysDown
        ? response.writeHead(503).end()
        : response.end(JSON.stringify({ keys: [publicKey.export({ format: 'jwk' })] })),
    onTestFinished,
  );
  const asked: string[] = [];
  let webhook = '';
  const { origin: api } = await serveLoopback((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://fal.test');
    asked.push(`${request.method} ${pathname}`);
    webhook = searchParams.get('fal_webhook') ?? webhook;
    if (request.method === 'POST') response.end('{"request_id":"r1"}');
    else if (pathname.endsWith('/status')) response.end('{"request_id":"r1","status":"COMPLETED"}');
    else response.end('{"video":{"url":"https://v3.fal.test/out.mp4"},"prompt":"x"}');
  }, onTestFinished);
  const provider = fal({ apiKey: 'fal-0123456789', baseUrl: api, signature: { keys, retryMs: 1 } });
  const { latch, settled } = await providerApp(provider, {}, onTestFinished);
  const { id } = await latch.submit({ provider: 'fal', model: 'fal-ai/video/fast', input: { prompt: 'x' }, key: 'k' });

  const told = {
    request_id: 'r1',
    gateway_request_id: 'r1',
    status: 'OK',
    payload: null,
    payload_error: 'not serializable',
  };
  const refused = await post(webhook, told);
  expect([refused.status, refused.headers.has('retry-after')]).toEqual([503, true]);
  keysDown = false;
  await expect.poll(async () => (await post(webhook, told)).status).toBe(200);

  expect(await latch.wait(id, 20_000)).toMatchObject({
    status: 'succeeded',
    result: { files: [{ url: 'https://v3.fal.test/out.mp4', kind: 'video' }], data: { video: {} } },
  });
  await expect.poll(() => settled.length).toBe(1);
  expect(asked).toEqual([
    'POST /fal-ai/video/fast',
    'GET /fal-ai/video/requests/r1/status',
    'GET /fal-ai/video/requests/r1',
  ]);
});
