import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callbackTokens } from './callbacks/callback-token.js';
import type { ProviderFact } from './fact.js';
import { saidBy } from './said-by.js';

/** What a package in JavaScript may hand over, whatever the types say. */
const untyped = (said: object) => saidBy({ status: null, ...said } as ProviderFact);
const resultOf = (result: object) => untyped({ status: 'succeeded', result }).result;
const dataOf = (data: unknown) => resultOf({ files: [], data })?.data;
const NOTHING = { externalId: null, status: null, providerStatus: null, progress: null, result: null, error: null };

describe('what a provider said', () => {
  it('is nothing where it says nothing', () => {
    expect(untyped({})).toEqual(NOTHING);
    expect(untyped({ status: undefined, error: undefined, result: undefined })).toEqual(NOTHING);
  });

  it('has one of five statuses; any other word counts as pending', () => {
    for (const status of ['pending', 'running', 'succeeded', 'failed', 'canceled'])
      expect(untyped({ status }).status).toBe(status);
    for (const status of ['done', 'expired', 'unclear', 'submitting', '__proto__', 7, true])
      expect(untyped({ status }).status).toBe('pending');
    expect(untyped({ status: 'succeeded', unknownStatus: true }).status).toBe('pending');
  });

  it('keeps the status as it came, but for its length and what no database takes', () => {
    expect(untyped({ providerStatus: ' Finished ' }).providerStatus).toBe(' Finished ');
    expect(untyped({ providerStatus: `${'x'.repeat(199)}😀` }).providerStatus).toBe('x'.repeat(199));
    expect(untyped({ providerStatus: 7 }).providerStatus).toBeNull();
  });

  it('has a progress of 0 to 100 or none', () => {
    const progresses = [-1, 0.4, 45.5, 101, Number.NaN, Number.POSITIVE_INFINITY, '50'];
    expect(progresses.map((progress) => untyped({ progress }).progress)).toEqual([0, 0, 46, 100, null, null, null]);
  });

  it('has an error code that is a word, and a message of at most 1000 characters', () => {
    const error = (code: unknown, message: unknown = null) =>
      untyped({ status: 'failed', error: { code, message } }).error;
    for (const code of ['failed', 'ECONNRESET', '422', 'a.b:c-d', 'x'.repeat(64)]) expect(error(code)?.code).toBe(code);
    for (const code of ['', 'two words', 'x'.repeat(65), 'a\u0000', 'é', 'https://a/b', 7, null, {}])
      expect(error(code)?.code).toBe('other');
    expect(error('a', 'x'.repeat(5000))?.message).toHaveLength(1000);
    expect(error('a', ' nul \u0000, half \ud83d, bell \u0007, line\r\n')?.message).toBe('nul , half , bell , line');
    expect(error('a', '\u0000 ')?.message).toBeNull();
    expect(error('a', { toString: 'x' })?.message).toBeNull();
    expect(Object.keys(error('a', 'b') ?? {})).toEqual(['code', 'message']);
  });

  it('has at most 1000 files, each at an http(s) URL and of a known kind', () => {
    const file = (url: unknown, kind: unknown = 'image') => ({ url, kind, sealed: 'x' });
    const good = 'https://x.test/a.png';
    expect(resultOf({ files: [file(good), file('HTTP://x.test/b', 'video')], sealed: 'x' })).toEqual({
      files: [
        { url: good, kind: 'image' },
        { url: 'HTTP://x.test/b', kind: 'video' },
      ],
    });
    expect(resultOf({ files: [file(good, 'picture')] })?.files).toEqual([{ url: good, kind: 'image' }]);
    const odd = ['javascript:alert(1)', 'data:,a', 'https://x.test/\u0000', 'https://x.test/\ud800', '//x', 7, null];
    expect(resultOf({ files: odd.map((url) => file(url)) })).toEqual({ files: [] });
    expect(resultOf({ files: Array.from({ length: 1500 }, (_, n) => file(`${good}?${n}`)) })?.files).toHaveLength(1000);
  });

  it('has data as JSON has it, null told from none', () => {
    expect(dataOf({ n: [1.5, null, true, 'é 😀\t\r\n'] })).toEqual({ n: [1.5, null, true, 'é 😀\t\r\n'] });
    expect(dataOf(null)).toBeNull();
    expect(resultOf({ files: [], data: undefined })).toEqual({ files: [] });
    expect(dataOf({ at: new Date(0), not: undefined, nan: Number.NaN })).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      nan: null,
    });
  });

  it('throws unparseable for data that is no JSON or nested too deep', () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    const nested = (levels: number) => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);
    for (const data of [circular, { big: 1n }, nested(97), nested(100_000)])
      expect(() => dataOf(data)).toThrow(expect.objectContaining({ code: 'unparseable' }));
    expect(dataOf(nested(96))).toEqual(nested(96));
  });

  it('holds nothing that a database refuses, anywhere in its result, and is JSON that comes back as it went in', () => {
    const text = fc.string({ unit: 'binary' });
    const data = fc.jsonValue({ stringUnit: 'binary', maxDepth: 6 });
    fc.assert(
      fc.property(fc.record({ data, message: text, providerStatus: text }), ({ data, message, providerStatus }) => {
        const said = untyped({ result: { files: [], data }, error: { code: 'a', message }, providerStatus });
        expect(texts(said).filter((one) => /(?![\t\n\r])[\p{Cc}\p{Surrogate}]/u.test(one))).toEqual([]);
        expect(JSON.parse(JSON.stringify(said))).toEqual(said);
      }),
      {
        examples: [
          [{ data: JSON.parse('{"__proto__":{"a":1},"k\\u0000":1,"v":"\\ud800"}'), message: '', providerStatus: '' }],
        ],
      },
    );
  });
});

describe('a callback URL that a provider quotes', () => {
  const token = callbackTokens(['a secret of thirty-two characters or more']).mint('acme', `tsk_${'a'.repeat(26)}`);
  const callbackUrl = `https://app.example.com/callbacks/acme/${token}`;
  const quotes = [
    callbackUrl,
    token,
    encodeURIComponent(callbackUrl),
    `Cannot reach <${callbackUrl}>, give another`,
    `{"webhook":"${callbackUrl}?a=1"}`,
    `https://queue.test/?fal_webhook=${encodeURIComponent(callbackUrl)}`,
    callbackUrl.replace('tsk_', 'tsk\u0000_'),
    `${'x'.repeat(980)}${callbackUrl}`,
  ];

  it('never comes back, in a message, a code, a status, a file or the data', () => {
    for (const quote of quotes) {
      const said = untyped({
        providerStatus: quote,
        error: { code: quote, message: quote },
        result: { files: [{ url: quote, kind: 'image' }], data: { deep: [quote] } },
      });
      expect(JSON.stringify(said)).not.toContain(token.slice(-32));
    }
    expect(untyped({ error: { code: token, message: `no answer from ${callbackUrl} today` } }).error).toEqual({
      code: 'other',
      message: 'no answer from [hidden] today',
    });
  });

  it('is all that is hidden', () => {
    const words = `task tsk_${'a'.repeat(26)}. https://app.example.com/callbacks/acme/ tsk_`;
    expect(untyped({ error: { code: 'a', message: words } }).error?.message).toBe(words);
  });
});

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...texts(inner)]);
}
