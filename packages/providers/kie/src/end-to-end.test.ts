import { createHmac } from 'node:crypto';
import { providerApp, serveLoopback } from '@tasklatch/testing';
import { expect, it, onTestFinished } from 'vitest';
import { kie } from './index.js';

const HMAC_KEY = 'kie-hmac-key-0123456789';

it('a callback that is rightly signed and lies changes nothing: what recordInfo says counts', async () => {
  const asked: string[] = [];
  let callbackUrl = '';
  let state = 'generating';
  const { origin: api } = await serveLoopback(async (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    let body = '';
    for await (const chunk of request) body += chunk;
    callbackUrl = JSON.parse(body || '{}').callBackUrl ?? callbackUrl;
    const resultJson = state === 'success' ? '{"resultUrls":["https://file.test/real.png"]}' : '';
    response.end(JSON.stringify({ code: 200, data: { taskId: 't1', state, resultJson } }));
  }, onTestFinished);
  const { latch, settled } = await providerApp(
    kie({ apiKey: 'kie-0123456789', webhookHmacKey: HMAC_KEY, baseUrl: api }),
    {},
    onTestFinished,
  );
  const { id } = await latch.submit({ provider: 'kie', model: 'acme/image', input: { prompt: 'x' }, key: 'k' });

  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', HMAC_KEY).update(`t1.${timestamp}`).digest('base64');
  const post = (told: object) =>
    fetch(callbackUrl, {
      method: 'POST',
      headers: { 'x-webhook-timestamp': timestamp, 'x-webhook-signature': signature },
      body: JSON.stringify(told),
    });
  const lie = {
    code: 200,
    data: { taskId: 't1', state: 'success', resultJson: '{"resultUrls":["https://evil.test/a.png"]}' },
  };
  expect((await post(lie)).status).toBe(200);
  await expect.poll(() => asked.filter((line) => line.startsWith('GET')).length).toBeGreaterThan(0);
  expect(await latch.get({ id })).toMatchObject({ result: null });
  expect((await latch.get({ id }))?.status).not.toBe('succeeded');
  // The same signature on a body about another task is no signature.
  expect((await post({ code: 200, data: { taskId: 't2', state: 'fail' } })).status).toBe(401);

  state = 'success';
  expect((await post(lie)).status).toBe(200);
  expect(await latch.wait(id, 20_000)).toMatchObject({
    status: 'succeeded',
    result: { files: [{ url: 'https://file.test/real.png', kind: 'image' }] },
  });
  await expect.poll(() => settled.length).toBe(1);
  expect(asked.filter((line) => line.startsWith('POST'))).toEqual(['POST /api/v1/jobs/createTask']);
});
