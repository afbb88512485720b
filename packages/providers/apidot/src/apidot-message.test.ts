import { isTasklatchError, type ProviderFact } from '@tasklatch/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixture } from '../test/fixture.js';
import { apidot } from './apidot.js';

const delivery = (body: string | Uint8Array) => ({
  method: 'POST',
  path: '/',
  header: () => undefined,
  body: new Uint8Array(Buffer.from(body)),
  exact: true,
  receivedAt: 0,
  taskId: 'task_1',
});

const { callbacks } = apidot({ apiKey: 'sk-apidot-0123456789' });

/** The facts in a body, or undefined for `unparseable`. Anything else that is thrown fails the test. */
function read(body: string | Uint8Array): readonly ProviderFact[] | undefined {
  try {
    return callbacks?.parse(delivery(body));
  } catch (error) {
    if (isTasklatchError(error, 'unparseable')) return undefined;
    throw error;
  }
}

const factOf = (task: object) => read(JSON.stringify(task))?.[0];

const isGood = ({ externalId, status, progress, result, error }: ProviderFact): boolean =>
  typeof externalId === 'string' &&
  externalId.length > 0 &&
  externalId.length <= 512 &&
  (status === null || ['pending', 'running', 'succeeded', 'failed'].includes(status)) &&
  (progress === undefined || progress === null || (progress >= 0 && progress <= 100)) &&
  (result?.files ?? []).every(({ url }) => /^https?:\/\//i.test(url) && URL.canParse(url)) &&
  (status !== 'succeeded' || (result?.files.length ?? 0) > 0 || result?.data !== undefined) &&
  (error?.message ?? '').length <= 1000 &&
  !texts([externalId, result?.files, error]).some((text) => text.includes('\u0000') || /\p{Surrogate}/u.test(text));

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => [key, ...texts(inner)])
    : [];
}

const word = fc.constantFrom('finished', 'failed', 'running', 'not_started', 'processing', 'success', '__proto__', '');
const url = fc.oneof(
  fc.webUrl(),
  fc.constantFrom('javascript:alert(1)', 'http://', '//x', 'https://a b', 'https://x/\u0000', 'https://x/\ud800'),
  fc.string(),
);
const odd = fc.oneof({ weight: 2, arbitrary: fc.jsonValue() }, { weight: 1, arbitrary: fc.string({ unit: 'binary' }) });
const item = fc.dictionary(
  fc.constantFrom(
    'file_url',
    'file_type',
    'audio_url',
    'image_url',
    'lyrics',
    'style',
    'title',
    'prompt',
    'separate_vocals',
    'stem_split',
    '__proto__',
    'constructor',
  ),
  fc.oneof(
    url,
    odd,
    fc.jsonValue().map((value) => JSON.stringify(value)),
  ),
);
const files = fc.oneof(fc.array(item, { maxLength: 4 }), odd);
const task = fc.record(
  {
    task_id: fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('task-unified-1', 'a/b', '..', 'x'.repeat(10_000)),
      odd,
    ),
    status: fc.oneof(word, odd),
    files,
    output: fc.oneof(fc.record({ files }), odd),
    progress: fc.oneof(fc.double(), odd),
    error_message: odd,
    code: fc.oneof(fc.integer(), odd),
    created_time: odd,
  },
  { requiredKeys: [] },
);

describe('a callback, whatever anyone sends', () => {
  it.each([
    ['bytes', fc.uint8Array({ maxLength: 300 })],
    ['text', fc.string({ unit: 'binary' })],
    ['JSON', fc.jsonValue().map((value) => JSON.stringify(value))],
    ['tasks', task.map((value) => JSON.stringify(value))],
    ['wrapped tasks', fc.record({ code: odd, data: task }).map((value) => JSON.stringify(value))],
    ['both at once', fc.tuple(task, task).map(([flat, data]) => JSON.stringify({ ...flat, data }))],
  ] as [string, fc.Arbitrary<string | Uint8Array>][])(
    'makes good facts of %s or calls them unparseable',
    (_what, body) => {
      const prototype = Object.getOwnPropertyNames(Object.prototype).join();
      fc.assert(
        fc.property(body, (bytes) => (read(bytes) ?? []).every(isGood)),
        { numRuns: 1000 },
      );
      expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(prototype);
    },
  );

  it('does not choke on depth, length or number', () => {
    const wrapped = (inner: string) =>
      `{"task_id":"a","status":"finished","files":[{"file_url":"https://example.com/a.png","x":${inner}}]}`;
    expect(read(wrapped('['.repeat(50) + ']'.repeat(50)))).toMatchObject([{ status: 'succeeded' }]);
    for (const depth of [100, 3_000, 10_000, 1_000_000]) {
      expect(read('['.repeat(depth))).toBe(undefined);
      expect(read(wrapped('['.repeat(depth) + ']'.repeat(depth)))).toBe(undefined);
    }
    expect(read(wrapped(`"${'['.repeat(1_000_000)}"`))).toMatchObject([{ status: 'succeeded' }]);
    expect(read(`{"task_id":"a","status":"finished","files":[${'{},'.repeat(100_000)}{}]}`)).toBe(undefined);
    expect(
      read(`{"task_id":"a","status":"failed","error_message":"${'x'.repeat(1_000_000)}"}`)?.[0]?.error?.message?.length,
    ).toBe(1000);
    const stems = JSON.stringify({ vocal_url: '['.repeat(100_000) });
    expect(factOf({ task_id: 'a', status: 'finished', files: [{ separate_vocals: stems }] })).toMatchObject({
      status: 'pending',
      unknownStatus: true,
    });
  });

  it('takes no prototype from a body', () => {
    const body =
      '{"task_id":"a","status":"finished","files":[{"lyrics":"la","__proto__":{"polluted":1},"x":{"__proto__":{"polluted":1}}}],"__proto__":{"status":"failed"}}';
    const [fact] = read(body) ?? [];
    expect(fact).toMatchObject({ status: 'succeeded' });
    expect(JSON.stringify(fact)).not.toContain('polluted');
    expect(Reflect.get({}, 'polluted')).toBe(undefined);
  });
});

describe('a callback', () => {
  it('reads the same task flat, wrapped, with a byte order mark and with spaces', () => {
    const flat = read(fixture('callback-finished-flat'));
    expect(read(`\uFEFF ${fixture('callback-finished-flat')} `)).toEqual(flat);
    expect(read(fixture('callback-finished-wrapped'))).toEqual(flat);
    expect(read(fixture('callback-finished-flat-output-files'))).toEqual(flat);
  });

  it.each(['task-unified-1757165031-uyujaw3d', 'FDR7H8Y7JAL97KCV', '0', 'a/b?c#d', 'é🎨', ' ', 'x'.repeat(512)])(
    'takes the id %j as it is',
    (id) => {
      expect(factOf({ task_id: id, status: 'running' })).toMatchObject({ externalId: id, status: 'running' });
    },
  );

  it.each(['', '.', '..', 'a\u0000b', 'a\nb', '\ud800', 'x'.repeat(513), 7, null, {}, ['a']])(
    'calls the id %j unparseable',
    (id) => {
      expect(factOf({ task_id: id, status: 'finished' })).toBe(undefined);
    },
  );

  it('calls two ids that differ unparseable, since it can be about either', () => {
    expect(factOf({ task_id: 'a', data: { task_id: 'b', status: 'finished' } })).toBe(undefined);
    expect(factOf({ task_id: 'a', data: { task_id: 'a', status: 'running' } })).toMatchObject({ externalId: 'a' });
  });

  it('says nothing about the status when the body does not', () => {
    expect(factOf({ task_id: 'a' })).toEqual({ externalId: 'a', status: null });
  });

  it('calls an error code beside anything but a failure unparseable', () => {
    expect(factOf({ code: 500, data: { task_id: 'a', status: 'finished', files: [] } })).toBe(undefined);
    expect(factOf({ code: 500, data: { task_id: 'a', status: 'failed' } })).toMatchObject({ status: 'failed' });
    for (const code of [0, 200, '200', null, 'ok'])
      expect(factOf({ code, data: { task_id: 'a', status: 'running' } })).toBeDefined();
  });

  it('knows the listed statuses by their exact words only', () => {
    for (const status of ['FINISHED', 'success', 'pending', 'queued', 'cancelled', ' finished', 'processing']) {
      expect(factOf({ task_id: 'a', status, files: [{ file_url: 'https://example.com/a.png' }] })).toMatchObject({
        status: 'pending',
        providerStatus: status,
        unknownStatus: true,
      });
    }
  });

  it('does not let a decoration stand in the way of a verdict', () => {
    const decorated = {
      task_id: 'a',
      status: 'failed',
      progress: 'half',
      error_message: { no: 'text' },
      files: 'none',
      created_time: 7,
    };
    expect(factOf(decorated)).toEqual({
      externalId: 'a',
      status: 'failed',
      providerStatus: 'failed',
      error: { code: 'failed', message: null },
    });
  });

  it('calls files that are no list unparseable when it matters', () => {
    expect(factOf({ task_id: 'a', status: 'finished', files: 'https://example.com/a.png' })).toBe(undefined);
    expect(factOf({ task_id: 'a', status: 'running', files: 'none yet' })).toMatchObject({ status: 'running' });
  });

  it.each<[string, object, object]>([
    ['a kind by its type', { file_url: 'https://example.com/a', file_type: '3d' }, { files: [{ kind: 'model' }] }],
    [
      'other for a type that is not listed',
      { file_url: 'https://example.com/a.png', file_type: 'lyrics' },
      { files: [{ kind: 'other' }] },
    ],
    [
      'a kind by the name where there is no type',
      { file_url: 'https://example.com/a.MP4?x=.png' },
      { files: [{ kind: 'video' }] },
    ],
    [
      'one file for the same picture twice',
      { file_url: 'https://example.com/a.png', watermark_url: 'https://example.com/b.png' },
      { files: [{ kind: 'image' }] },
    ],
    [
      'stems in a document',
      { stem_split: '{"drums_url":"https://example.com/d.mp3","bass_url":"https://example.com/b.wav","note":"x"}' },
      { files: [{ kind: 'audio' }, { kind: 'audio' }] },
    ],
    [
      'covers in a document',
      { generate_cover: '[{"file_url":"https://example.com/c","file_type":"image"}]' },
      { files: [{ kind: 'image' }] },
    ],
    [
      'a document that came unpacked',
      { vocal_removal: { drums: 'https://example.com/d.mp3' } },
      { files: [{ kind: 'audio' }] },
    ],
    [
      'lyrics without a file',
      { title: 'Still Water', text: '[Verse 1]' },
      { files: [], data: { items: [{ title: 'Still Water', text: '[Verse 1]' }] } },
    ],
    [
      'a style without a file',
      { style: 'Classical', title: '' },
      { files: [], data: { items: [{ style: 'Classical' }] } },
    ],
    ['a persona without a file', { persona_id: 'p1' }, { files: [], data: { items: [{ persona_id: 'p1' }] } }],
  ])('finds %s', (_what, one, result) => {
    expect(factOf({ task_id: 'a', status: 'finished', files: [one] })).toMatchObject({ status: 'succeeded', result });
  });

  it.each([
    [{ title: 'Still Water', prompt: 'a boat', style: 'Classical' }],
    [{ audio_url: '', audio_id: 'a' }],
    [{ separate_vocals: 'no document' }],
    [{ file_url: null }],
    [{}],
  ])('takes finished with %j for no success', (one) => {
    expect(factOf({ task_id: 'a', status: 'finished', files: [one] })).toMatchObject({
      status: 'pending',
      unknownStatus: true,
    });
  });

  it('keeps the prompt of a music item out of the result', () => {
    const fact = factOf({
      task_id: 'a',
      status: 'finished',
      files: [{ audio_url: 'https://example.com/a.mp3', prompt: 'secret', title: 'T' }],
    });
    expect(fact?.result).toEqual({
      files: [{ url: 'https://example.com/a.mp3', kind: 'audio' }],
      data: { items: [{ title: 'T' }] },
    });
  });
});
