import { describe, expect, it } from 'vitest';
import { hmac, NOW_S, SECRET, signed, stamped, standard, verify, WHSEC } from '../../test/signed-by-hand.js';
import {
  assemblyAiHeader,
  bflSignature,
  elevenLabsSignature,
  githubSignature,
  heyGenSignature,
  kieSignature,
  kieTaskId,
  leonardoHeader,
  openRouterSignature,
  type SignatureScheme,
  sharedHeaderPreset,
  standardWebhooksSignature,
  stripeSignature,
} from '../index.js';

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
