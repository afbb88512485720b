import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bflSignature,
  elevenLabsSignature,
  falSignature,
  githubSignature,
  heyGenSignature,
  kieSignature,
  leonardoHeader,
  openRouterSignature,
  type SignatureScheme,
  scaleHeader,
  standardWebhooksSignature,
  stripeSignature,
  svixSignature,
  waveSpeedSignature,
} from '../index.js';

const S = 1_760_000_000;
const secret = 'a secret of forty characters or about so';
const whsec = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const x = 'Cfdtbz0ivVN1vsalG3dY1RAbJ4LvLAvnqiMDGzk_xIw';
const keys = { keys: [{ kty: 'OKP', crv: 'Ed25519', x }] };
const whpk = `whpk_${Buffer.from(x, 'base64url').toString('base64')}`;

const schemes: [SignatureScheme, string[]][] = [
  [standardWebhooksSignature({ secret: [whsec, whpk] }), ['webhook-id', 'webhook-timestamp', 'webhook-signature']],
  [svixSignature({ secret: whsec }), ['svix-id', 'webhook-timestamp', 'svix-timestamp', 'svix-signature']],
  [waveSpeedSignature({ secret: whsec }), ['webhook-id', 'webhook-timestamp', 'webhook-signature']],
  [stripeSignature({ secret }), ['stripe-signature']],
  [elevenLabsSignature({ secret }), ['elevenlabs-signature']],
  [openRouterSignature({ secret }), ['x-openrouter-signature']],
  [githubSignature({ secret }), ['x-hub-signature-256']],
  [bflSignature({ secret }), ['x-bfl-signature']],
  [heyGenSignature({ secret }), ['heygen-signature', 'heygen-timestamp']],
  [kieSignature({ secret }), ['x-webhook-timestamp', 'x-webhook-signature']],
  [scaleHeader({ secret }), ['scale-callback-auth']],
  [leonardoHeader({ secret }), ['authorization']],
  [
    falSignature({ keys }),
    ['x-fal-webhook-request-id', 'x-fal-webhook-user-id', 'x-fal-webhook-timestamp', 'x-fal-webhook-signature'],
  ],
];

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ maxLength: 100 }),
  fc.constantFrom(
    '',
    ' ',
    ',',
    'v1',
    'v1,',
    't=',
    `t=${S},v1=`,
    '__proto__',
    'NaN',
    '-1',
    `${S}`,
    `${S}x`,
    '1e400',
    'Bearer ',
    'sha256=',
  ),
  fc.integer({ min: 1, max: 20_000 }).map((length) => 'v1,x '.repeat(length)),
  fc.integer({ min: 1, max: 60_000 }).map((length) => ','.repeat(length)),
  fc.uint8Array({ minLength: 32, maxLength: 64 }).map((bytes) => `v1,${Buffer.from(bytes).toString('base64')}`),
  fc.uint8Array({ minLength: 64, maxLength: 64 }).map((bytes) => `v1a,${Buffer.from(bytes).toString('base64')}`),
  fc.uint8Array({ minLength: 32, maxLength: 64 }).map((bytes) => Buffer.from(bytes).toString('hex')),
  fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => `t=${S},v1=${Buffer.from(bytes).toString('hex')}`),
);
const bodies = fc.oneof(
  fc.uint8Array({ maxLength: 500 }),
  fc.json().map((text) => new Uint8Array(Buffer.from(text))),
  fc.anything().map((data) => new Uint8Array(Buffer.from(JSON.stringify({ data }) ?? ''))),
  fc.integer({ min: 1, max: 50_000 }).map((depth) => new Uint8Array(Buffer.from(`{"data":${'['.repeat(depth)}`))),
);

describe.each(schemes)('$name', (scheme, names) => {
  it('refuses whatever comes, and never throws', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(...names.map(() => fc.option(hostile, { nil: undefined }))),
        bodies,
        fc.oneof(fc.constant(S * 1000), fc.double()),
        async (values, body, receivedAt) => {
          const headers = new Map(names.map((name, index) => [name, values[index]]));
          const verdict = await scheme.verify({ header: (name) => headers.get(name), body, receivedAt });
          expect(verdict).toEqual({ kind: 'forged', reason: expect.any(String) });
        },
      ),
      { numRuns: 300 },
    );
  });
});
