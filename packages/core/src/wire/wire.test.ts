import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanCode, fileAt, filesIn, isExternalId, jsonOf, providerApi } from '../index.js';
import { hidden, toldError } from './told-error.js';

describe('jsonOf', () => {
  it('reads JSON from bytes and text, with a byte order mark or without', () => {
    expect(jsonOf(Buffer.from('\uFEFF{"a":[1,"é"]}'))).toEqual({ a: [1, 'é'] });
    expect(jsonOf('null')).toBe(null);
  });

  it('says undefined for what is no JSON, no UTF-8 or too deep, and never throws', () => {
    for (const body of [
      '',
      '{',
      '{}{}',
      '['.repeat(200_000),
      `${'['.repeat(65)}${']'.repeat(65)}`,
      Buffer.from([0x22, 0xff, 0x22]),
    ]) {
      expect(jsonOf(body)).toBeUndefined();
    }
    expect(jsonOf(`${'['.repeat(64)}${']'.repeat(64)}`)).toBeDefined();
    expect(jsonOf(JSON.stringify('['.repeat(1000)))).toBe('['.repeat(1000));
    expect(jsonOf(JSON.stringify('\\"[['.repeat(3_000_000)))).toHaveLength(12_000_000);
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void jsonOf(bytes)));
    const roundTrip = fc.property(fc.json({ maxDepth: 10 }), (text) => {
      if (!text.includes('__proto__')) expect(jsonOf(text)).toEqual(JSON.parse(text));
    });
    fc.assert(roundTrip, { examples: [['{"a":"]]"}']] });
  });

  it('drops __proto__, whichever of its characters are escaped', () => {
    const escaped = (char: string): string => `\\u00${char.charCodeAt(0).toString(16)}`;
    for (const spelled of [
      '__proto__',
      ...Array.from(
        '__proto__',
        (char, at) => `${'__proto__'.slice(0, at)}${escaped(char)}${'__proto__'.slice(at + 1)}`,
      ),
      Array.from('__proto__', escaped).join(''),
      Array.from('__proto__', escaped).join('').toUpperCase().replaceAll('U', 'u'),
    ]) {
      expect(jsonOf(`{"a":{"${spelled}":{"polluted":true}},"b":1}`), spelled).toStrictEqual({ a: {}, b: 1 });
    }
  });
});

describe('what is kept of a provider’s words', () => {
  it('is short and storable', () => {
    expect(hidden(' a\u0000b\ud800\n ', [])).toBe('ab');
    expect(hidden('\u0007 ', [])).toBeNull();
    expect(hidden(7, [])).toBeNull();
    expect(hidden('x'.repeat(5000), [])).toHaveLength(1000);
    expect(cleanCode('rate_limit', 'f')).toBe('rate_limit');
    expect(cleanCode(422, 'f')).toBe('422');
    for (const odd of ['', 'two words', 'x'.repeat(65), -1, 1.5, null, undefined, {}])
      expect(cleanCode(odd, 'f')).toBe('f');
  });

  it('holds no hidden text, in any form it may travel in', () => {
    const secret = 'sk-a/b+c';
    const words = `${secret} ${encodeURIComponent(secret)} ${Buffer.from(secret).toString('base64')}`;
    expect(hidden(words, [secret])).toBe('[hidden] [hidden] [hidden]');
    expect(hidden(`${'x'.repeat(995)}${secret}`, [secret])).not.toContain('sk-');
  });

  it('is found in the usual forms of an error', () => {
    const message = (body: unknown) =>
      toldError({ status: 400, text: typeof body === 'string' ? body : JSON.stringify(body) }, []).message;
    expect(message({ error: 'a' })).toBe('a');
    expect(message({ error: { message: 'a' } })).toBe('a');
    expect(message({ detail: [{ msg: 'a', input: 'secret' }, { msg: 'b' }] })).toBe('a; b');
    expect(message({ code: 400, msg: 'a' })).toBe('a');
    expect(message({ title: 'a', detail: 'b' })).toBe('b');
    expect(message('plain words')).toBe('plain words');
    expect(message('<html>')).toBeNull();
    expect(message({ other: 'a' })).toBeNull();
    expect(toldError({ status: 402, text: '' }, []).code).toBe('insufficient_credits');
    expect(toldError({ status: 418, text: '' }, []).code).toBe('http_418');
    const poor = [{ detail: 'Insufficient credits' }, { error: { message: 'No.', type: 'insufficient_credits' } }];
    for (const body of poor)
      expect(toldError({ status: 400, text: JSON.stringify(body) }, []).code).toBe('insufficient_credits');
  });
});

describe('external ids', () => {
  it('are opaque, storable and safe in a path', () => {
    for (const id of ['a', 'a/b', '任务', 'x'.repeat(512)]) expect(isExternalId(id)).toBe(true);
    for (const id of ['', '.', '..', 'a\u0000', 'a\nb', '\ud800', 'x'.repeat(513), 7, null, undefined])
      expect(isExternalId(id)).toBe(false);
  });
});

describe('result files', () => {
  it('have a kind by their type, else by their extension', () => {
    expect(fileAt('https://x.test/a.PNG?sig=1')).toEqual({ url: 'https://x.test/a.PNG?sig=1', kind: 'image' });
    expect(fileAt('https://x.test/a', 'video/mp4')).toMatchObject({ kind: 'video' });
    expect(fileAt('https://x.test/a.glb', 'application/octet-stream')).toMatchObject({ kind: 'model' });
    expect(fileAt('https://x.test/a')).toMatchObject({ kind: 'other' });
    for (const url of [
      'javascript:alert(1)',
      'data:image/png;base64,AA',
      'ftp://x/',
      'https://a b/',
      'https://[',
      'https://a:99999/',
      '/a.png',
      7,
      null,
    ]) {
      expect(fileAt(url)).toBeUndefined();
    }
  });

  it('are found anywhere in a document, each once', () => {
    const document = {
      images: [{ url: 'https://x.test/a', content_type: 'image/png' }, 'https://x.test/b.mp3'],
      again: 'https://x.test/a',
    };
    expect(filesIn(document)).toEqual([
      { url: 'https://x.test/a', kind: 'image' },
      { url: 'https://x.test/b.mp3', kind: 'audio' },
    ]);
    expect(filesIn(Array.from({ length: 2000 }, (_, n) => `https://x.test/${n}`))).toHaveLength(1000);
  });
});

describe('providerApi', () => {
  const apiKey = 'sk-secret-0123456789';
  it('checks key and address at the start, and shows neither', () => {
    const make = (over: object) => () =>
      providerApi({ provider: 'acme', apiKey, baseUrl: 'https://api.acme.test', ...over });
    expect(make({ apiKey: undefined })).toThrow(/acme: there is no apiKey/);
    expect(make({ apiKey: '' })).toThrow(/there is no apiKey/);
    expect(make({ apiKey: `${apiKey}\n` })).toThrow(/line break/);
    expect(make({ apiKey: `${apiKey}\n` })).not.toThrow(apiKey);
    for (const baseUrl of ['', 'api.acme.test', 'ftp://x/', 'https://user:pass@x/', 'https://x/?a=1', 'https://x/#a']) {
      expect(make({ baseUrl })).toThrow(/baseUrl must be/);
    }
    expect(inspect(make({})(), { depth: 9, showHidden: true })).not.toContain(apiKey);
  });

  it('refuses to send what is no JSON', async () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    const io = { fetch: () => Promise.reject(new Error('sent')), signal: AbortSignal.timeout(9000), now: Date.now };
    const api = providerApi({ provider: 'acme', apiKey, baseUrl: 'https://api.acme.test' });
    for (const body of [circular, undefined, { big: 1n }]) {
      const answer = await api.submit(io, { path: '/', body, read: () => undefined });
      expect(answer).toMatchObject({ kind: 'refused', error: { code: 'invalid_request' } });
    }
  });
});
