import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { falSignature, ideogramSignature, type SignatureScheme } from '../index.js';

const HOUR = 3_600_000;
const START = 1_760_000_000_000;
const closing: Server[] = [];
afterEach(async () => {
  for (const server of closing.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

interface Pair {
  readonly jwk: Record<string, unknown>;
  readonly privateKey: KeyObject;
}

function pair(kid: string): Pair {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return { jwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig' }, privateKey };
}

/** A key server whose keys, and whose manners, can be changed. */
async function keyServer(...pairs: Pair[]) {
  const state = {
    requests: 0,
    answer: undefined as ((response: ServerResponse) => void) | undefined,
    keys: pairs.map(({ jwk }) => jwk),
  };
  const server = createServer((_request, response) => {
    state.requests += 1;
    if (state.answer === undefined) response.end(JSON.stringify({ keys: state.keys }));
    else state.answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(server);
  return Object.assign(state, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json` });
}

/** A rightly signed delivery, made by hand from the documented text. */
function deliver(scheme: SignatureScheme, by: Pair, at: number, body = '{"request_id":"r"}') {
  const timestamp = String(Math.floor(at / 1000));
  const message = ['r', 'u', timestamp, createHash('sha256').update(body).digest('hex')].join('\n');
  const headers: Record<string, string> = {
    'x-fal-webhook-request-id': 'r',
    'x-fal-webhook-user-id': 'u',
    'x-fal-webhook-timestamp': timestamp,
    'x-fal-webhook-signature': sign(null, Buffer.from(message), by.privateKey).toString('hex'),
  };
  return scheme.verify({ header: (name) => headers[name], body: Buffer.from(body), receivedAt: at });
}

const signedBy = (keyId: string) => ({ kind: 'signed', covers: 'body', keyId });

describe('a JWK set that is fetched', () => {
  it('is fetched once for many deliveries, and the key that matched is told', async () => {
    const [a, b] = [pair('a'), pair('b')];
    const server = await keyServer(a, b);
    const scheme = falSignature({ keys: server.url });
    const verdicts = await Promise.all(Array.from({ length: 50 }, (_, n) => deliver(scheme, n % 2 ? a : b, START + n)));
    expect(verdicts.map((verdict) => verdict.kind === 'signed' && verdict.keyId).sort()).toEqual([
      ...Array(25).fill('a'),
      ...Array(25).fill('b'),
    ]);
    expect(server.requests).toBe(1);
  });

  it('is fetched again when a new key signs, and the new key counts at once', async () => {
    const [old, next] = [pair('old'), pair('next')];
    const server = await keyServer(old);
    const scheme = falSignature({ keys: server.url });
    expect(await deliver(scheme, old, START)).toEqual(signedBy('old'));
    server.keys = [next.jwk];
    expect(await deliver(scheme, next, START + 61_000)).toEqual(signedBy('next'));
    expect(await deliver(scheme, old, START + 62_000)).toMatchObject({ kind: 'forged' });
    expect(server.requests).toBe(2);
  });

  it('is fetched at a bounded rate, one request at a time, however many forged deliveries come', async () => {
    const [real, forger] = [pair('real'), pair('forger')];
    const server = await keyServer(real);
    const scheme = falSignature({ keys: server.url });
    for (let second = 0; second < 120; second += 2) {
      const at = START + second * 1000;
      const verdicts = await Promise.all(Array.from({ length: 20 }, () => deliver(scheme, forger, at)));
      for (const verdict of verdicts) expect(verdict).toMatchObject({ kind: 'forged' });
    }
    expect(server.requests).toBe(2);
    expect(await deliver(scheme, real, START + 121_000)).toEqual(signedBy('real'));
  });

  it('is not fetched at all for what can be refused without keys', async () => {
    const server = await keyServer(pair('a'));
    const scheme = falSignature({ keys: server.url });
    const headers: Record<string, string> = {
      'x-fal-webhook-request-id': 'r',
      'x-fal-webhook-user-id': 'u',
      'x-fal-webhook-timestamp': '1',
      'x-fal-webhook-signature': 'a'.repeat(128),
    };
    const verify = (more: Record<string, string>) =>
      scheme.verify({ header: (name) => ({ ...headers, ...more })[name], body: Buffer.alloc(0), receivedAt: START });
    expect(await verify({})).toMatchObject({ kind: 'forged' });
    expect(
      await verify({ 'x-fal-webhook-timestamp': String(START / 1000), 'x-fal-webhook-signature': 'zz' }),
    ).toMatchObject({ kind: 'forged' });
    expect(
      await verify({ 'x-fal-webhook-timestamp': String(START / 1000), 'x-fal-webhook-user-id': '' }),
    ).toMatchObject({ kind: 'forged' });
    expect(server.requests).toBe(0);
  });

  it('leaves deliveries undecided while the key server is down, and decides again when it is back', async () => {
    const a = pair('a');
    const server = await keyServer(a);
    const scheme = falSignature({ keys: server.url });
    for (const answer of [
      (response: ServerResponse) => response.writeHead(500).end(),
      (response: ServerResponse) => response.destroy(),
      (response: ServerResponse) => response.end('no JSON'),
      (response: ServerResponse) => response.end('{"keys":[]}'),
      (response: ServerResponse) => response.end('{"keys":[{"kty":"OKP","crv":"Ed25519","x":"short"}]}'),
      (response: ServerResponse) => response.writeHead(302, { location: server.url }).end(),
      (response: ServerResponse) => response.end(Buffer.alloc(300_000, ' ')),
    ]) {
      server.answer = answer;
      expect(await deliver(scheme, a, START + server.requests * 6000)).toMatchObject({ kind: 'undecided' });
    }
    expect(server.requests).toBe(7);
    server.answer = undefined;
    // Within the pause after a failure nobody asks again.
    expect(await deliver(scheme, a, START + 6 * 6000 + 1000)).toMatchObject({ kind: 'undecided' });
    expect(server.requests).toBe(7);
    expect(await deliver(scheme, a, START + 8 * 6000)).toEqual(signedBy('a'));
  });

  it('gives up on a key server that does not answer', async () => {
    const a = pair('a');
    const server = await keyServer(a);
    server.answer = () => undefined;
    const scheme = falSignature({ keys: server.url, timeoutMs: 100 });
    expect(await deliver(scheme, a, START)).toMatchObject({ kind: 'undecided' });
  });

  it('is kept through an outage for a day, and not a moment longer', async () => {
    const [a, other] = [pair('a'), pair('other')];
    const server = await keyServer(a);
    const scheme = falSignature({ keys: server.url });
    expect(await deliver(scheme, a, START)).toEqual(signedBy('a'));
    server.answer = (response) => response.writeHead(503).end();
    expect(await deliver(scheme, a, START + 5 * HOUR)).toEqual(signedBy('a'));
    expect(server.requests).toBe(1);
    expect(await deliver(scheme, a, START + 24 * HOUR - 1)).toEqual(signedBy('a'));
    // By an unknown key: it may be a new one, and that can't be found out now.
    expect(await deliver(scheme, other, START + 24 * HOUR - 1)).toMatchObject({ kind: 'undecided' });
    expect(await deliver(scheme, a, START + 24 * HOUR)).toMatchObject({ kind: 'undecided' });
  });

  it('is fetched again beside the work long before it is too old, and keys that were withdrawn stop counting', async () => {
    const [a, b] = [pair('a'), pair('b')];
    const server = await keyServer(a);
    const scheme = falSignature({ keys: server.url });
    expect(await deliver(scheme, a, START)).toEqual(signedBy('a'));
    server.keys = [b.jwk];
    // Answered from the held keys; the fetch runs beside it.
    expect(await deliver(scheme, a, START + 7 * HOUR)).toEqual(signedBy('a'));
    await expect.poll(async () => (await deliver(scheme, a, START + 7 * HOUR)).kind).toBe('forged');
    expect(server.requests).toBe(2);
    expect(await deliver(scheme, b, START + 7 * HOUR)).toEqual(signedBy('b'));
  });

  it('is never used for longer than a day, whatever the option says', async () => {
    const a = pair('a');
    const server = await keyServer(a);
    const scheme = falSignature({ keys: server.url, maxAgeMs: 100 * HOUR, refreshMs: 100 * HOUR });
    await deliver(scheme, a, START);
    server.answer = (response) => response.writeHead(503).end();
    expect(await deliver(scheme, a, START + 25 * HOUR)).toMatchObject({ kind: 'undecided' });
  });
});

describe('the keys of a set', () => {
  it('of other kinds, of no kind, and beyond the sixteenth are passed over', async () => {
    const real = pair('real');
    const { x } = real.jwk;
    const strange = [
      null,
      'text',
      { kty: 'EC', crv: 'P-256', x, y: x },
      { kty: 'OKP', crv: 'X25519', x },
      { kty: 'OKP', crv: 'Ed25519', x, use: 'enc' },
      { kty: 'OKP', crv: 'Ed25519' },
      { kty: 'OKP', crv: 'Ed25519', x: 7 },
      { kty: 'OKP', crv: 'Ed25519', x: `${x}AAAA` },
    ];
    expect(() => falSignature({ keys: { keys: strange } })).toThrow(/no Ed25519 signing key/);
    const good = falSignature({ keys: { keys: [...strange, real.jwk] } });
    expect(await deliver(good, real, START)).toEqual(signedBy('real'));
    const many = Array.from({ length: 16 }, (_, n) => pair(String(n)).jwk);
    expect(await deliver(falSignature({ keys: { keys: [...many, real.jwk] } }), real, START)).toMatchObject({
      kind: 'forged',
    });
    const { kid: _kid, ...unnamed } = real.jwk;
    expect(await deliver(falSignature({ keys: { keys: [unnamed] } }), real, START)).toEqual({
      kind: 'signed',
      covers: 'body',
      keyId: null,
    });
  });

  it('come over https, or from this machine', () => {
    for (const keys of ['http://keys.example.com/jwks.json', 'ftp://x/', 'no url', '']) {
      expect(() => ideogramSignature({ keys })).toThrow(/not an https URL/);
    }
    expect(() => ideogramSignature()).not.toThrow();
  });
});

describe('the signed text', () => {
  it('is not put together from parts with line feeds in them', async () => {
    const a = pair('a');
    const scheme = falSignature({ keys: { keys: [a.jwk] } });
    const hash = createHash('sha256').update('').digest('hex');
    const timestamp = String(START / 1000);
    // Signed as id "r", user "u\nv": the same text as id "r\nu", user "v".
    const signature = sign(null, Buffer.from(`r\nu\nv\n${timestamp}\n${hash}`), a.privateKey).toString('hex');
    const headers: Record<string, string> = {
      'x-fal-webhook-request-id': 'r\nu',
      'x-fal-webhook-user-id': 'v',
      'x-fal-webhook-timestamp': timestamp,
      'x-fal-webhook-signature': signature,
    };
    const verdict = await scheme.verify({ header: (name) => headers[name], body: Buffer.alloc(0), receivedAt: START });
    expect(verdict).toMatchObject({ kind: 'forged' });
  });
});
