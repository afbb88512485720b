import { readdirSync, readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { isTasklatchError, type Provider, type ProviderIo } from '@tasklatch/core';
import { describe, expect, it } from 'vitest';
import { fixture } from '../test/fixture.js';
import { type ApidotInput, apidot } from './apidot.js';
import { apidotFamily } from './families.js';

const KEY = 'sk-apidot-0123456789';
const io = (): ProviderIo => ({ fetch, signal: AbortSignal.timeout(20_000), now: () => Date.now() });

/** What the provider hands to `fetch`, which answers as the docs show. */
async function wire(
  provider: Provider<ApidotInput>,
  input: unknown,
  model: string | null = 'gpt-image-2',
  callbackUrl?: string,
) {
  const sent: { url: string; init: RequestInit | undefined }[] = [];
  const recording: typeof fetch = async (url, init) => {
    sent.push({ url: String(url), init });
    return new Response(fixture('submit-response-image'));
  };
  // What JavaScript may pass, whatever the types say.
  const request = { taskId: 'task_1', model, input: input as ApidotInput, callbackUrl };
  const answer = await provider.submit?.(request, { ...io(), fetch: recording });
  return { sent, answer };
}

describe('apidot, its options', () => {
  it.each<[string, Parameters<typeof apidot>[0]]>([
    ['no key', { apiKey: undefined }],
    ['an empty key', { apiKey: '' }],
    ['a key with a line break', { apiKey: `${KEY}\n` }],
    ['a key with other characters', { apiKey: 'sk-é' }],
    ['a base that is no address', { apiKey: KEY, baseUrl: 'api.apidot.ai' }],
    ['a base of another scheme', { apiKey: KEY, baseUrl: 'file:///etc' }],
    ['a base with a password', { apiKey: KEY, baseUrl: 'https://u:p@api.apidot.ai' }],
    ['a base with a query', { apiKey: KEY, baseUrl: 'https://api.apidot.ai?a=b' }],
    ['a name that fits no URL', { apiKey: KEY, name: 'a/b' }],
  ])('refuses %s at once, and says what to do', (_what, options) => {
    const error = caught(() => apidot(options));
    expect(isTasklatchError(error, 'invalid_options')).toBe(true);
    expect(inspect(error)).not.toContain(KEY);
  });

  it('keeps the key out of everything that prints the provider', () => {
    const provider = apidot({ apiKey: KEY });
    expect(inspect(provider, { showHidden: true, depth: 9, getters: true })).not.toContain(KEY);
    expect(JSON.stringify(provider)).not.toContain(KEY);
    expect(Object.values(provider).map(String).join()).not.toContain(KEY);
  });

  it('confirms callbacks by default, and only not when told so', () => {
    expect(apidot({ apiKey: KEY }).callbacks).toMatchObject({
      confirm: 'always',
      perTask: true,
      needsExactBody: false,
    });
    expect(apidot({ apiKey: KEY, confirm: 'never' }).callbacks).toMatchObject({ confirm: 'never' });
  });

  it('replaces single limits and keeps the others', () => {
    const { limits } = apidot({ apiKey: KEY, limits: { concurrentChecks: 2 } });
    expect(limits).toMatchObject({ concurrentChecks: 2, resultLifetimeMs: 86_400_000, checks: expect.any(Function) });
  });
});

describe('apidot, a submit on the wire', () => {
  it('is one POST with the key, the model, the input as it is, and the callback URL', async () => {
    const input = { prompt: 'é "quoted"', size: { width: 2304, height: 1728 }, n: 1, seed: 12345678901 };
    const { sent } = await wire(
      apidot({ apiKey: KEY }),
      input,
      'seedream-5.0-lite',
      'https://app.example.com/cb/token',
    );
    expect(sent.map(({ url }) => url)).toEqual(['https://api.apidot.ai/api/generate/submit']);
    expect(sent[0]?.init).toMatchObject({
      method: 'POST',
      redirect: 'manual',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    });
    expect(JSON.parse(String(sent[0]?.init?.body))).toEqual({
      model: 'seedream-5.0-lite',
      callback_url: 'https://app.example.com/cb/token',
      input,
    });
  });

  it('has no callback_url when the app takes no callbacks', async () => {
    const { sent } = await wire(apidot({ apiKey: KEY }), { prompt: 'x' });
    expect(Object.keys(JSON.parse(String(sent[0]?.init?.body)))).toEqual(['model', 'input']);
  });

  it('goes to the base it is given, path included', async () => {
    const { sent } = await wire(apidot({ apiKey: KEY, baseUrl: 'https://proxy.example.com/apidot//' }), {});
    expect(sent.map(({ url }) => url)).toEqual(['https://proxy.example.com/apidot/api/generate/submit']);
  });

  it('takes a model it has never heard of', async () => {
    const { answer } = await wire(apidot({ apiKey: KEY }), {}, 'model-of-tomorrow/pro');
    expect(answer).toMatchObject({ kind: 'accepted' });
  });

  it.each<[string, unknown, string | null]>([
    ['no model', {}, null],
    ['a text as input', 'a boat', 'z-image'],
    ['a list as input', [], 'z-image'],
    ['no input', null, 'z-image'],
    ['a BigInt', { seed: 1n }, 'z-image'],
  ])('sends nothing for %s', async (_what, input, model) => {
    const { sent, answer } = await wire(apidot({ apiKey: KEY }), input, model);
    expect(answer).toMatchObject({ kind: 'refused', error: { code: 'invalid_request' } });
    expect(sent).toEqual([]);
  });
});

describe('apidotFamily', () => {
  it('knows the family of every id in the list of models', () => {
    const listed: { id: string; family: string }[] = JSON.parse(fixture('models'));
    expect(listed.length).toBe(123);
    expect(listed.filter(({ id, family }) => apidotFamily(id) !== family)).toEqual([]);
  });

  it('is undefined for anything else', () => {
    expect(['gpt-image-3', 'GPT-IMAGE-2', '', '__proto__', 'constructor', null, undefined].map(apidotFamily)).toEqual(
      Array.from({ length: 7 }),
    );
  });
});

describe('apidot fixtures', () => {
  it('are all used: each file is read by a test of this package', () => {
    const tests = ['.', '../test/']
      .map((folder) => new URL(folder, import.meta.url))
      .flatMap((folder) => readdirSync(folder).map((name) => new URL(name, folder)))
      .filter(({ pathname }) => /(samples|\.test)\.ts$/.test(pathname))
      .map((file) => readFileSync(file, 'utf8'))
      .join();
    const names = readdirSync(new URL('../fixtures', import.meta.url)).flatMap(
      (name) => name.match(/^(.*)\.json$/)?.[1] ?? [],
    );
    // Requests and shapes of other endpoints: nothing here reads them, the emulator and the docs do.
    const others =
      /^(submit-request-|balance|manual-callback|callback-signature-vector|status-finished-\w+\.output-files)/;
    expect(names.filter((name) => !others.test(name) && !tests.includes(`'${name}'`))).toEqual([]);
  });
});

function caught(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}
