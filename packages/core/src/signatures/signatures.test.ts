import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  assemblyAiHeader,
  bflSignature,
  elevenLabsSignature,
  githubSignature,
  heyGenSignature,
  kieSignature,
  kieTaskId,
  leonardoHeader,
  muxSignature,
  openRouterSignature,
  type SignatureScheme,
  sharedHeaderPreset,
  standardWebhooksSignature,
  stripeSignature,
  svixSignature,
  waveSpeedSignature,
} from '../index.js';

const NOW_S = 1_760_000_000;
const SECRET = 'a secret of forty characters or about so';
const WHSEC = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const OTHER = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;

const verify = (
  scheme: SignatureScheme,
  headers: Record<string, string>,
  body: string | Uint8Array = '{}',
  nowMs = NOW_S * 1000,
) =>
  scheme.verify({
    header: (name) => headers[name],
    body: typeof body === 'string' ? Buffer.from(body) : body,
    receivedAt: nowMs,
  });

type Bytes = string | Uint8Array;
const hmac = (key: Bytes, ...parts: Bytes[]) => {
  const digest = createHmac('sha256', key);
  for (const part of parts) digest.update(part);
  return digest.digest();
};
const keyOf = (whsec: string) => Buffer.from(whsec.slice(6), 'base64');

/** Headers of a rightly signed Standard Webhooks delivery, written by hand here: nothing of the code under test. */
const standard = (body: Bytes, more: { secret?: string; timestamp?: string; id?: string; prefix?: string } = {}) => {
  const { secret = WHSEC, timestamp = String(NOW_S), id = 'msg_1', prefix = 'webhook' } = more;
  return {
    [`${prefix}-id`]: id,
    [`${prefix}-timestamp`]: timestamp,
    [`${prefix}-signature`]: `v1,${hmac(keyOf(secret), `${id}.${timestamp}.`, body).toString('base64')}`,
  };
};
const stamped = (body: Bytes, t: string = String(NOW_S), label = 'v1', separator = '.') =>
  `t=${t},${label}=${hmac(SECRET, t + separator, body).toString('hex')}`;

const signed = (keyId = '1') => ({ kind: 'signed', covers: 'body', keyId });

describe('signatures over bytes', () => {
  const bytes = Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0xc3, 0x28, 0x7d]);

  it('verify a body that is not UTF-8, and not the text a decoder would make of it', async () => {
    const decoded = Buffer.from(bytes.toString('utf8'));
    const cases: [SignatureScheme, Record<string, string>][] = [
      [standardWebhooksSignature({ secret: WHSEC }), standard(bytes)],
      [stripeSignature({ secret: SECRET }), { 'stripe-signature': stamped(bytes) }],
      [githubSignature({ secret: SECRET }), { 'x-hub-signature-256': `sha256=${hmac(SECRET, bytes).toString('hex')}` }],
    ];
    for (const [scheme, headers] of cases) {
      expect(await verify(scheme, headers, bytes)).toEqual(signed());
      expect(await verify(scheme, headers, decoded)).toMatchObject({ kind: 'forged' });
      // A view into a larger buffer, as servers hand bodies over.
      const view = new Uint8Array(Buffer.concat([Buffer.from('xx'), bytes, Buffer.from('yy')])).subarray(
        2,
        2 + bytes.length,
      );
      expect(await verify(scheme, headers, view)).toEqual(signed());
    }
  });
});

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

describe('the time window', () => {
  const scheme = standardWebhooksSignature({ secret: WHSEC });
  const at = (timestamp: number | string, now = NOW_S * 1000, body = '{}') =>
    verify(scheme, standard(body, { timestamp: String(timestamp) }), body, now);

  it('includes its limits, in whole seconds', async () => {
    for (const offset of [-300, 0, 300]) expect(await at(NOW_S + offset)).toEqual(signed());
    for (const offset of [-301, 301]) expect(await at(NOW_S + offset)).toMatchObject({ kind: 'forged' });
    expect(await at(NOW_S - 300, NOW_S * 1000 + 999)).toEqual(signed());
  });

  it('can be made narrower and wider', async () => {
    const narrow = standardWebhooksSignature({ secret: WHSEC, toleranceS: 10 });
    expect(await verify(narrow, standard('{}', { timestamp: String(NOW_S - 11) }))).toMatchObject({ kind: 'forged' });
    expect(await verify(narrow, standard('{}', { timestamp: String(NOW_S + 11) }))).toMatchObject({ kind: 'forged' });
    const wide = stripeSignature({ secret: SECRET, toleranceS: 1000 });
    expect(await verify(wide, { 'stripe-signature': stamped('{}', String(NOW_S - 1000)) })).toEqual(signed());
  });

  it.each([
    '1760000000x',
    '+1760000000',
    '-1760000000',
    '1760000000.0',
    '1.76e9',
    '0x68e77800',
    '01760000000',
    'NaN',
    'Infinity',
    'soon',
    ' 1760000000',
    '1760000000 ',
    '1760000000, 1760000000',
    '１７６０００００００',
    '1760000000000000000000',
    '1760000000000',
  ])('refuses %j, also when it is rightly signed', async (timestamp) => {
    expect(await at(timestamp)).toMatchObject({ kind: 'forged' });
  });

  it('has no upper end where the sender looks at the age only', async () => {
    const far = String(NOW_S + 86_400);
    expect(await verify(muxSignature({ secret: SECRET }), { 'mux-signature': stamped('{}', far) })).toEqual(signed());
    expect(
      await verify(stripeSignature({ secret: SECRET }), { 'stripe-signature': stamped('{}', 'NaN') }),
    ).toMatchObject({ kind: 'forged' });
  });

  it('refuses everything when the clock is no number', async () => {
    expect(await at(NOW_S, Number.NaN)).toMatchObject({ kind: 'forged' });
  });
});

describe('Standard Webhooks lists', () => {
  const scheme = standardWebhooksSignature({ secret: WHSEC });
  const headers = standard('{}');
  const right = headers['webhook-signature'] ?? '';
  const value = right.slice(3);
  const withList = (list: string) => verify(scheme, { ...headers, 'webhook-signature': list });

  it.each([
    ['alone', right],
    ['after one by another secret', `v1,${Buffer.alloc(32).toString('base64')} ${right}`],
    ['between unknown versions', `v0,x v9 ${right} v1a,zz`],
    ['after two spaces', `v1,x  ${right}`],
  ])('hold a right signature %s', async (_name, list) => {
    expect(await withList(list)).toEqual(signed());
  });

  it.each([
    ['without its label', value],
    ['with the label in upper case', `V1,${value}`],
    ['with another label', `v2,${value}`],
    ['with a tab between', `v1,x\t${right}`],
    ['without padding', `v1,${value.replaceAll('=', '')}`],
    ['with too much padding', `v1,${value}=`],
    ['in the URL-safe alphabet', `v1,${hmac(keyOf(WHSEC), `msg_1.${NOW_S}.{}`).toString('base64url')}=`],
    ['in hex', `v1,${Buffer.from(value, 'base64').toString('hex')}`],
    ['with spare bits set', `v1,${value.slice(0, -2)}${spare(value.at(-2) ?? '')}=`],
    ['with a further field', `${right},x`],
    ['with an empty further field', `${right},`],
    ['in quotes', `v1,"${value}"`],
    ['doubled by a proxy that joins headers, in one entry', `${right},${right}`],
    [
      'with a look-alike letter',
      right.replace(/[A-Za-z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0x100)),
    ],
    ['too long to look at', `${right} ${'x'.repeat(10_000)}`],
    ['empty', ''],
  ])('do not hold one %s', async (_name, list) => {
    expect(await withList(list)).toMatchObject({ kind: 'forged' });
  });

  it('need id, timestamp and signature, none of them empty', async () => {
    for (const name of Object.keys(headers)) {
      const { [name as 'webhook-id']: _gone, ...rest } = headers;
      expect(await verify(scheme, rest)).toMatchObject({ kind: 'forged' });
      expect(await verify(scheme, { ...headers, [name]: '' })).toMatchObject({ kind: 'forged' });
    }
    // The OpenAI client drops an empty id from the signed text.
    const noId = `v1,${hmac(keyOf(WHSEC), `${NOW_S}.{}`).toString('base64')}`;
    expect(await verify(scheme, { ...headers, 'webhook-id': '', 'webhook-signature': noId })).toMatchObject({
      kind: 'forged',
    });
  });

  it('try Svix names first, header by header, then the standard ones', async () => {
    const svix = svixSignature({ secret: WHSEC });
    expect(await verify(svix, standard('{}', { prefix: 'svix' }))).toEqual(signed());
    expect(await verify(svix, standard('{}'))).toEqual(signed());
    const { 'svix-id': _id, ...mixed } = standard('{}', { prefix: 'svix' });
    expect(await verify(svix, { ...mixed, 'webhook-id': 'msg_1' })).toEqual(signed());
    expect(await verify(svix, { ...standard('{}'), 'svix-signature': 'v1,x' })).toMatchObject({ kind: 'forged' });
    expect(await verify(svix, { ...standard('{}'), 'svix-signature': '' })).toMatchObject({ kind: 'forged' });
    expect(await verify(scheme, standard('{}', { prefix: 'svix' }))).toMatchObject({ kind: 'forged' });
  });
});

/** The next letter of the base64 alphabet: the same bytes for a decoder that ignores spare bits. */
function spare(letter: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  return alphabet[alphabet.indexOf(letter) + 1] ?? '';
}

describe('t=,v1= headers', () => {
  const scheme = stripeSignature({ secret: SECRET });
  const right = stamped('{}');
  const withHeader = (header: string) => verify(scheme, { 'stripe-signature': header });

  it.each([
    ['as documented', right],
    ['with fields in another order', right.split(',').reverse().join(',')],
    ['with unknown, empty and bare fields around', `x=1,,v1,${right},v9=2`],
    ['after another signature', right.replace(',v1=', `,v1=${'0'.repeat(64)},v1=`)],
  ])('are accepted %s', async (_name, header) => {
    expect(await withHeader(header)).toEqual(signed());
  });

  it.each([
    ['with two timestamps', `t=1,${right}`],
    ['with the same timestamp twice', `t=${NOW_S},${right}`],
    ['with a space after the comma', right.replace(',', ', ')],
    ['with upper-case hex', right.replace(/v1=.*/, (field) => field.toUpperCase().replace('V1', 'v1'))],
    ['with the label in upper case', right.replace('v1', 'V1')],
    ['with the timestamp label in upper case', right.replace('t=', 'T=')],
    ['with the digest cut', right.slice(0, -2)],
    ['with the digest lengthened', `${right}00`],
    ['without a timestamp', right.replace(/^t=\d+,/, '')],
    ['with semicolons', right.replace(',', ';')],
    ['without digest', right.replace(/v1=.*/, 'v1=')],
  ])('are refused %s', async (_name, header) => {
    expect(await withHeader(header)).toMatchObject({ kind: 'forged' });
  });

  it('differ between senders by label, separator, tolerance and number of signatures', async () => {
    const eleven = elevenLabsSignature({ secret: SECRET });
    const old = String(NOW_S - 1800);
    expect(await verify(eleven, { 'elevenlabs-signature': stamped('{}', old, 'v0') })).toEqual(signed());
    expect(await verify(eleven, { 'elevenlabs-signature': stamped('{}', old, 'v1') })).toMatchObject({
      kind: 'forged',
    });
    const second = stamped('{}', old, 'v0').replace(',v0=', ',v0=00,v0=');
    expect(await verify(eleven, { 'elevenlabs-signature': second })).toMatchObject({ kind: 'forged' });
    const router = openRouterSignature({ secret: SECRET });
    expect(await verify(router, { 'x-openrouter-signature': stamped('{}', undefined, 'v1', ',') })).toEqual(signed());
    expect(await verify(router, { 'x-openrouter-signature': right })).toMatchObject({ kind: 'forged' });
  });
});

describe('body-only signatures', () => {
  const hex = hmac(SECRET, '{}').toString('hex');

  it('need their exact prefix, and lower-case hex where the sender compares text', async () => {
    for (const [scheme, header] of [
      [githubSignature({ secret: SECRET }), 'x-hub-signature-256'],
      [bflSignature({ secret: SECRET }), 'x-bfl-signature'],
    ] as const) {
      expect(await verify(scheme, { [header]: `sha256=${hex}` })).toEqual(signed());
      for (const wrong of [
        hex,
        `SHA256=${hex}`,
        `sha256=${hex.toUpperCase()}`,
        `sha1=${hex}`,
        `sha256=${hex}, sha256=${hex}`,
        'sha256=',
      ]) {
        expect(await verify(scheme, { [header]: wrong })).toMatchObject({ kind: 'forged' });
      }
    }
  });

  it('of HeyGen are bare hex in any case, beside a timestamp that nobody signed', async () => {
    const scheme = heyGenSignature({ secret: SECRET });
    const timestamp = { 'heygen-timestamp': String(NOW_S) };
    expect(await verify(scheme, { ...timestamp, 'heygen-signature': hex })).toEqual(signed());
    expect(await verify(scheme, { ...timestamp, 'heygen-signature': hex.toUpperCase() })).toEqual(signed());
    expect(await verify(scheme, { ...timestamp, 'heygen-signature': `sha256=${hex}` })).toMatchObject({
      kind: 'forged',
    });
    expect(await verify(scheme, { 'heygen-signature': hex })).toMatchObject({ kind: 'forged' });
    expect(await verify(scheme, { 'heygen-signature': hex, 'heygen-timestamp': String(NOW_S - 301) })).toMatchObject({
      kind: 'forged',
    });
  });

  it('say that they cover the body; id-only and shared headers say that they do not', () => {
    expect(githubSignature({ secret: SECRET }).coversBody).toBe(true);
    expect(kieSignature({ secret: SECRET }).coversBody).toBe(false);
    expect(leonardoHeader({ secret: SECRET }).coversBody).toBe(false);
  });
});

describe('the id-only signature of Kie.ai', () => {
  const scheme = kieSignature({ secret: SECRET });
  const headers = (id: string, timestamp = NOW_S) => ({
    'x-webhook-timestamp': String(timestamp),
    'x-webhook-signature': hmac(SECRET, `${id}.${timestamp}`).toString('base64'),
  });
  const body = (data: unknown) => JSON.stringify({ code: 200, data });

  it('proves the task id, in either spelling, and nothing else', async () => {
    const proven = { kind: 'signed', covers: 'id', keyId: '1', externalId: 't-é' };
    expect(await verify(scheme, headers('t-é'), body({ taskId: 't-é' }))).toEqual(proven);
    expect(await verify(scheme, headers('t-é'), body({ task_id: 't-é', state: 'anything' }))).toEqual(proven);
    expect(await verify(scheme, headers('t-é'), body({ taskId: 't-é', task_id: 't-é' }))).toEqual(proven);
  });

  it('is refused for a body that names two tasks, whichever of them is signed', async () => {
    for (const id of ['a', 'b']) {
      expect(await verify(scheme, headers(id), body({ taskId: 'a', task_id: 'b' }))).toMatchObject({ kind: 'forged' });
    }
  });

  it.each([
    '',
    'null',
    '[]',
    '{"data":null}',
    '{"data":{}}',
    '{"data":{"taskId":7}}',
    '{"data":{"taskId":""}}',
    '{"taskId":"t"}',
    '{',
  ])('is refused for the body %j, which names none', async (text) => {
    expect(kieTaskId(Buffer.from(text))).toBeUndefined();
    expect(await verify(scheme, headers(''), text)).toMatchObject({ kind: 'forged' });
    expect(await verify(scheme, headers('undefined'), text)).toMatchObject({ kind: 'forged' });
  });

  it('finds no id in what an object inherits', () => {
    expect(kieTaskId(Buffer.from('{"data":{"__proto__":{"taskId":"t"}}}'))).toBeUndefined();
  });
});

describe('shared header values', () => {
  it('are compared whole, in the form they are sent in', async () => {
    const scheme = assemblyAiHeader({ header: 'X-My-Header', secret: SECRET });
    expect(await verify(scheme, { 'x-my-header': SECRET })).toEqual({ kind: 'signed', covers: 'sender', keyId: '1' });
    for (const wrong of ['', SECRET.slice(0, -1), `${SECRET} `, SECRET.toUpperCase(), `${SECRET}, ${SECRET}`]) {
      expect(await verify(scheme, { 'x-my-header': wrong })).toMatchObject({ kind: 'forged' });
    }
    const bearer = leonardoHeader({ secret: SECRET });
    expect(await verify(bearer, { authorization: `Bearer ${SECRET}` })).toMatchObject({ kind: 'signed' });
    for (const wrong of [SECRET, `Bearer  ${SECRET}`, 'Bearer ', `Basic ${SECRET}`]) {
      expect(await verify(bearer, { authorization: wrong })).toMatchObject({ kind: 'forged' });
    }
    const basic = sharedHeaderPreset({ name: 'deepgram', header: 'authorization', form: 'basic' })({
      secret: 'user:pass',
    });
    expect(await verify(basic, { authorization: 'Basic dXNlcjpwYXNz' })).toMatchObject({ kind: 'signed' });
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
