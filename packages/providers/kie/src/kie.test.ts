import { describe, expect, it } from 'vitest';
import { kie } from './index.js';

const apiKey = 'kie-0123456789';
const delivery = {
  method: 'POST',
  path: '/',
  header: () => undefined,
  body: Buffer.from('{"code":200,"data":{"taskId":"t"}}'),
  exact: true,
  receivedAt: 0,
  taskId: 't',
};

describe('kie callbacks', () => {
  it('are hints, signed or not: no option makes them more', async () => {
    const unsigned = kie({ apiKey }).callbacks;
    expect(unsigned?.confirm).toBe('always');
    expect(await unsigned?.authenticate(delivery)).toEqual({ kind: 'token' });
    const signed = kie({ apiKey, webhookHmacKey: 'key-0123456789' }).callbacks;
    expect(signed?.confirm).toBe('always');
    expect(await signed?.authenticate(delivery)).toMatchObject({ kind: 'forged' });
  });

  it('do not go unsigned because an environment variable is missing', () => {
    expect(() => kie({ apiKey, webhookHmacKey: process.env.NO_SUCH_VARIABLE })).toThrow(/the secret is empty/);
  });

  it('are read without results, errors or anything else an unsigned body could make up', () => {
    const body = JSON.stringify({
      code: 200,
      data: { taskId: 't', state: 'success', resultJson: '{"resultUrls":["https://evil.test/a.png"]}', failMsg: 'x' },
    });
    expect(kie({ apiKey }).callbacks?.parse({ ...delivery, body: Buffer.from(body) })).toEqual([
      { externalId: 't', status: 'succeeded', providerStatus: 'success' },
    ]);
  });
});

it('a submit without a model is not sent', async () => {
  const io = { fetch: () => Promise.reject(new Error('sent')), signal: AbortSignal.timeout(5000), now: Date.now };
  const answer = await kie({ apiKey }).submit?.({ taskId: 't', model: null, input: {}, callbackUrl: undefined }, io);
  expect(answer).toMatchObject({ kind: 'refused', error: { code: 'invalid_request' } });
});

it('a 429 in the body pauses all checks, like one in the status', async () => {
  const io = {
    fetch: async () => Response.json({ code: 429, msg: 'slow down' }),
    signal: AbortSignal.timeout(5000),
    now: Date.now,
  };
  await expect(kie({ apiKey }).status?.('t', {} as never, io)).rejects.toMatchObject({
    code: 'rate_limited',
    pause: true,
  });
});
