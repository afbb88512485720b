import { seededRandom } from '../seeded-random.js';

/** Bodies no provider sends and anyone can: whatever reads them may refuse them, in its own words, and nothing else. */
export function hostileBodies(samples: readonly Uint8Array[]): Uint8Array[] {
  const documents = samples.flatMap(documentIn);
  return [
    ...FIXED.map((text) => Buffer.from(text)),
    ...BYTES,
    ...samples.flatMap(cuts),
    ...documents.flatMap(changes),
    ...documents.flatMap(twice),
    ...randomDocuments(documents),
  ];
}

const FIXED: readonly string[] = [
  '',
  ' ',
  'null',
  'true',
  '0',
  '1e999',
  '"text"',
  '[]',
  '{}',
  '[{}]',
  '{"data":null}',
  '{"data":[]}',
  '{"__proto__":{"polluted":true}}',
  '{"data":{"__proto__":{"polluted":true}},"constructor":{"prototype":{"polluted":true}}}',
  'a=b&c=d',
  '<html></html>',
  '\uFEFF{}',
  '{"a":1}{"a":2}',
  '{"a":"\\u0000","b":"\\ud800"}',
  '['.repeat(200_000),
  '{"a":'.repeat(200_000),
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  `{"a":"${'x'.repeat(1_000_000)}"}`,
  `[${'{},'.repeat(50_000)}{}]`,
];

const BYTES: readonly Uint8Array[] = [Buffer.from([0xff, 0xfe, 0x00]), Buffer.from([0xc3, 0x28]), Buffer.alloc(1000)];

/** The sample broken off at many places. */
function cuts(sample: Uint8Array): Uint8Array[] {
  const step = Math.max(1, Math.floor(sample.byteLength / 50));
  return Array.from({ length: 50 }, (_, index) => sample.subarray(0, index * step));
}

const REPLACEMENTS: readonly unknown[] = [
  null,
  true,
  -1,
  1e308,
  '',
  ' ',
  '..',
  'javascript:alert(1)',
  'a\u0000b',
  '\ud800',
  'x'.repeat(20_000),
  'https://user:pass@example.com/ \n',
  [],
  [null, 1, 'x', []],
  {},
  { toString: 1, constructor: 2, length: -1 },
];

/** The sample with each of its values replaced by each of the values above, one at a time, and with `__proto__` beside it. */
function changes(json: unknown): Uint8Array[] {
  const bodies: string[] = [];
  const replace = (value: unknown, put: (changed: unknown) => unknown): void => {
    for (const replacement of REPLACEMENTS) bodies.push(JSON.stringify(put(replacement)));
    if (Array.isArray(value)) {
      for (const [index, inner] of value.entries()) replace(inner, (changed) => put(value.with(index, changed)));
    } else if (typeof value === 'object' && value !== null) {
      bodies.push(JSON.stringify(put({ ...value, PROTO: { polluted: true } })).replaceAll('"PROTO"', '"__proto__"'));
      for (const [key, inner] of Object.entries(value)) replace(inner, (changed) => put({ ...value, [key]: changed }));
    }
  };
  replace(json, (changed) => changed);
  return bodies.map((body) => Buffer.from(body));
}

/** Each key of an object there two times, with two values: which one counts is the parser's choice. */
function twice(json: unknown): Uint8Array[] {
  if (typeof json !== 'object' || json === null || Array.isArray(json) || Object.keys(json).length === 0) return [];
  const emptied = Object.fromEntries(Object.keys(json).map((key) => [key, '']));
  const [first, second] = [JSON.stringify(json), JSON.stringify(emptied)];
  return [`${first.slice(0, -1)},${second.slice(1)}`, `${second.slice(0, -1)},${first.slice(1)}`].map((text) =>
    Buffer.from(text),
  );
}

/** Documents put together at random, always the same ones, from the keys and values of the samples and what is no value for anything. */
function randomDocuments(documents: readonly unknown[]): Uint8Array[] {
  const random = seededRandom(1);
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random.fraction() * list.length)];
  const keys = [...new Set(documents.flatMap(keysIn)), '__proto__', 'constructor', ''];
  const leaves = [...documents.flatMap(leavesIn), ...REPLACEMENTS];
  const grow = (depth: number): unknown => {
    const kind = random.fraction();
    const size = Math.floor(random.fraction() * 6);
    if (depth === 0 || kind < 0.3) return pick(leaves);
    if (kind < 0.4) return Array.from({ length: size }, () => grow(depth - 1));
    return Object.fromEntries(Array.from({ length: size }, () => [pick(keys) ?? '', grow(depth - 1)]));
  };
  return Array.from({ length: 2000 }, () => Buffer.from(JSON.stringify(grow(5) ?? null)));
}

const childrenOf = (json: unknown): unknown[] => (typeof json === 'object' && json !== null ? Object.values(json) : []);
const leavesIn = (json: unknown): unknown[] =>
  typeof json === 'object' && json !== null ? childrenOf(json).flatMap(leavesIn) : [json];
const keysIn = (json: unknown): string[] => [
  ...(typeof json === 'object' && json !== null && !Array.isArray(json) ? Object.keys(json) : []),
  ...childrenOf(json).flatMap(keysIn),
];

/** A sample that is no JSON can't be changed by its structure. */
function documentIn(sample: Uint8Array): unknown[] {
  try {
    return [JSON.parse(new TextDecoder().decode(sample))];
  } catch {
    return [];
  }
}
