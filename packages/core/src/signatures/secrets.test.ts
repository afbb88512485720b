import { generateKeyPairSync, sign } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { hmac, NOW_S, OTHER, SECRET, signed, stamped, standard, verify, WHSEC } from '../../test/signed-by-hand.js';
import { githubSignature, standardWebhooksSignature, stripeSignature, waveSpeedSignature } from '../index.js';

describe('several secrets', () => {
  const start = NOW_S * 1000;
  const rotating = standardWebhooksSignature({
    secret: [
      { secret: OTHER, id: 'old', until: new Date(start + 60_000) },
      { secret: WHSEC, id: 'new', from: start },
    ],
  });

  it('are all good while their times overlap, and the one that matched is told', async () => {
    expect(await verify(rotating, standard('{}'))).toEqual(signed('new'));
    expect(await verify(rotating, standard('{}', { secret: OTHER }))).toEqual(signed('old'));
  });

  it('are used from their start, included, to their end, excluded', async () => {
    expect(await verify(rotating, standard('{}'), '{}', start - 1)).toMatchObject({ kind: 'forged' });
    expect(await verify(rotating, standard('{}'), '{}', start)).toEqual(signed('new'));
    expect(await verify(rotating, standard('{}', { secret: OTHER }), '{}', start + 59_999)).toEqual(signed('old'));
    expect(await verify(rotating, standard('{}', { secret: OTHER }), '{}', start + 60_000)).toMatchObject({
      kind: 'forged',
    });
  });

  it('are named by their place when they have no id', async () => {
    const scheme = stripeSignature({ secret: ['another', SECRET] });
    expect(await verify(scheme, { 'stripe-signature': stamped('{}') })).toEqual(signed('2'));
  });

  it('may be HMAC secrets and public keys in one list, each for its own label', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
    const scheme = standardWebhooksSignature({
      secret: [
        { secret: WHSEC, id: 'hmac' },
        { secret: `whpk_${raw.toString('base64')}`, id: 'ed25519' },
      ],
    });
    const headers = standard('{}');
    const signature = sign(null, Buffer.from(`msg_1.${NOW_S}.{}`), privateKey).toString('base64');
    expect(await verify(scheme, headers)).toEqual(signed('hmac'));
    expect(await verify(scheme, { ...headers, 'webhook-signature': `v1a,${signature}` })).toEqual(signed('ed25519'));
    expect(await verify(scheme, { ...headers, 'webhook-signature': `v1,${signature}` })).toMatchObject({
      kind: 'forged',
    });
    // The public key is no HMAC secret.
    const confused = hmac(raw, `msg_1.${NOW_S}.{}`).toString('base64');
    for (const label of ['v1', 'v1a']) {
      expect(await verify(scheme, { ...headers, 'webhook-signature': `${label},${confused}` })).toMatchObject({
        kind: 'forged',
      });
    }
  });
});

describe('key material', () => {
  const whpk = (bytes: number) => `whpk_${Buffer.alloc(bytes, 3).toString('base64')}`;
  it.each<[string, () => unknown, RegExp]>([
    ['nothing', () => stripeSignature({ secret: undefined as never }), /the secret is empty.*environment variable/],
    ['an empty list', () => stripeSignature({ secret: [] }), /no secret was given/],
    ['an empty text', () => githubSignature({ secret: ['fine', ''] }), /secret 2 of 2 is empty/],
    ['a line break', () => githubSignature({ secret: `${SECRET}\n` }), /white space around it/],
    ['what is not base64', () => standardWebhooksSignature({ secret: 'whsec_not/base64!' }), /not base64/],
    ['a Stripe-like secret with a prefix only', () => standardWebhooksSignature({ secret: 'whsec_' }), /not base64/],
    ['a cut secret', () => standardWebhooksSignature({ secret: 'whsec_c2hvcnQ=' }), /has 5 bytes, which is too short/],
    [
      'the private key',
      () => standardWebhooksSignature({ secret: `whsk_${'A'.repeat(43)}=` }),
      /private key of the sender.*whpk_/,
    ],
    ['a public key of 31 bytes', () => standardWebhooksSignature({ secret: whpk(31) }), /not a public key.*32 bytes/],
    ['a public key of 64 bytes', () => standardWebhooksSignature({ secret: whpk(64) }), /not a public key/],
    ['a WaveSpeed prefix only', () => waveSpeedSignature({ secret: 'whsec_' }), /ends after "whsec_"/],
    [
      'a time that is none',
      () => stripeSignature({ secret: { secret: SECRET, from: Number.NaN } }),
      /"from" of the secret is no time/,
    ],
    [
      'times the wrong way round',
      () => stripeSignature({ secret: { secret: SECRET, from: 2, until: 1 } }),
      /never valid/,
    ],
    [
      'one id twice',
      () =>
        stripeSignature({
          secret: [
            { secret: SECRET, id: 'a' },
            { secret: 'x', id: 'a' },
          ],
        }),
      /same id/,
    ],
    ['a tolerance of no seconds', () => stripeSignature({ secret: SECRET, toleranceS: 0 }), /"toleranceS" must be/],
    [
      'a tolerance that is no number',
      () => stripeSignature({ secret: SECRET, toleranceS: Number.NaN }),
      /"toleranceS" must be/,
    ],
  ])('is checked at the start: %s', (_name, make, message) => {
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ code: 'invalid_options' }));
    expect(make).not.toThrow(SECRET);
  });

  it('may lack its prefix or its padding', async () => {
    const secret = Buffer.alloc(25, 7).toString('base64');
    for (const written of [secret, `whsec_${secret}`, `whsec_${secret.replaceAll('=', '')}`]) {
      expect(
        await verify(standardWebhooksSignature({ secret: written }), standard('{}', { secret: `whsec_${secret}` })),
      ).toEqual(signed());
    }
  });

  it('is in no property, print-out or reason of a scheme', async () => {
    const scheme = stripeSignature({ secret: SECRET });
    expect(inspect(scheme, { depth: 9, showHidden: true }) + JSON.stringify(scheme)).not.toContain(SECRET.slice(0, 8));
    const refused = await verify(scheme, { 'stripe-signature': `t=${NOW_S},v1=${'0'.repeat(64)}` });
    expect(refused).toEqual({ kind: 'forged', reason: 'no signature matches' });
  });
});
