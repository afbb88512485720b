import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openFile } from './driver.js';
import { fromText, toText } from './text-column.js';

const oddText = fc.string({ unit: 'binary', maxLength: 20 }).chain((text) =>
  // Halves of surrogate pairs, NUL and quotes where fast-check would put them too rarely.
  fc.constantFrom('', '\0', '\ud800', '\udfff', '"', '\\', '"\\u0000"').map((odd) => odd + text + odd),
);

it('keeps any text through the database, and two texts apart', () => {
  const database = openFile(':memory:');
  database.exec('CREATE TABLE t (text TEXT NOT NULL PRIMARY KEY)');
  const insert = database.prepare('INSERT INTO t VALUES (?) ON CONFLICT DO NOTHING');
  const texts = new Set<string>();
  fc.assert(
    fc.property(oddText, (text) => {
      insert.run(toText(text));
      texts.add(text);
    }),
    { numRuns: 2000 },
  );
  const kept = database.prepare('SELECT text FROM t').all() as { text: string }[];
  expect(kept.map(({ text }) => fromText(text)).sort()).toEqual([...texts].sort());
});

it('leaves ordinary text as it is, for people who look at the tables', () => {
  for (const text of ['task_1', 'größe 🙂', "o'clock", 'a"b']) expect(toText(text)).toBe(text);
});

it('refuses what is not text', () => {
  // @ts-expect-error: a provider package without types may do this.
  expect(() => toText(true)).toThrow(TypeError);
});
