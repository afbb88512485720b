import { createHmac, timingSafeEqual } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import {
  githubSignature,
  kieSignature,
  leonardoHeader,
  type SignatureScheme,
  standardWebhooksSignature,
  stripeSignature,
} from '../index.js';

// Node's own functions, watched: every comparison with what only we know has to go through `timingSafeEqual`.
vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>();
  return { ...crypto, timingSafeEqual: vi.fn(crypto.timingSafeEqual) };
});

const S = 1_760_000_000;
const secret = 'a secret of forty characters or about so';
const whsec = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
const body = '{"data":{"taskId":"t"}}';

const cases: [string, SignatureScheme, (digest: (right: Buffer) => Buffer) => Record<string, string>][] = [
  [
    'Standard Webhooks',
    standardWebhooksSignature({ secret: whsec }),
    (make) => ({
      'webhook-id': 'm',
      'webhook-timestamp': `${S}`,
      'webhook-signature': `v1,${make(hmac(Buffer.alloc(32, 7), `m.${S}.${body}`)).toString('base64')}`,
    }),
  ],
  [
    't=,v1=',
    stripeSignature({ secret }),
    (make) => ({ 'stripe-signature': `t=${S},v1=${make(hmac(secret, `${S}.${body}`)).toString('hex')}` }),
  ],
  [
    'body only',
    githubSignature({ secret }),
    (make) => ({ 'x-hub-signature-256': `sha256=${make(hmac(secret, body)).toString('hex')}` }),
  ],
  [
    'id only',
    kieSignature({ secret }),
    (make) => ({
      'x-webhook-timestamp': `${S}`,
      'x-webhook-signature': make(hmac(secret, `t.${S}`)).toString('base64'),
    }),
  ],
];

const flipLast = (right: Buffer) => Buffer.concat([right.subarray(0, 31), Buffer.from([(right[31] ?? 0) ^ 1])]);
const flipFirst = (right: Buffer) => Buffer.concat([Buffer.from([(right[0] ?? 0) ^ 1]), right.subarray(1)]);

it.each(cases)(
  '%s: a wrong digest is told by timingSafeEqual over all of it, wherever it is wrong',
  async (_name, scheme, headersOf) => {
    for (const [make, kind] of [
      [flipFirst, 'forged'],
      [flipLast, 'forged'],
      [(right: Buffer) => right, 'signed'],
    ] as const) {
      vi.mocked(timingSafeEqual).mockClear();
      const headers = headersOf(make);
      const verdict = await scheme.verify({
        header: (name) => headers[name],
        body: Buffer.from(body),
        receivedAt: S * 1000,
      });
      expect(verdict.kind).toBe(kind);
      expect(timingSafeEqual).toHaveBeenCalledTimes(1);
      expect(vi.mocked(timingSafeEqual).mock.calls[0]?.[0].byteLength).toBeGreaterThanOrEqual(43);
    }
  },
);

it('a shared value is compared by digests of one length, so that not even its length shows', async () => {
  const scheme = leonardoHeader({ secret });
  for (const given of ['B', `Bearer ${secret}`, 'x'.repeat(5000)]) {
    vi.mocked(timingSafeEqual).mockClear();
    await scheme.verify({ header: () => given, body: Buffer.alloc(0), receivedAt: 0 });
    expect(vi.mocked(timingSafeEqual).mock.calls.map(([a, b]) => [a.byteLength, b.byteLength])).toEqual([[32, 32]]);
  }
});

it('the comparisons are in one file', () => {
  const folder = new URL('.', import.meta.url);
  const sources = readdirSync(folder).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  expect(sources.length).toBeGreaterThan(10);
  const using = sources.filter((file) => readFileSync(new URL(file, folder), 'utf8').includes('timingSafeEqual'));
  expect(using).toEqual(['same-text.ts']);
});
