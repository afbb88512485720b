import fc from 'fast-check';
import { expect, it } from 'vitest';
import { escapeText, unescapeText } from './escape-text.js';

/** Any sequence of UTF-16 units, the troublesome ones more often. */
const anyText = fc
  .array(
    fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0, 0x1a, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0x30, 0x61)),
  )
  .map((units) => String.fromCharCode(...units));

it('gives back what it was given, whatever that is', () => {
  fc.assert(
    fc.property(anyText, (text) => unescapeText(escapeText(text)) === text),
    { numRuns: 2000 },
  );
});

it('makes text that PostgreSQL can hold', () => {
  const storable = (text: string): boolean => !text.includes('\0') && Buffer.from(text).toString() === text;
  fc.assert(
    fc.property(anyText, (text) => storable(escapeText(text))),
    { numRuns: 2000 },
  );
});

it('leaves ordinary text as it is', () => {
  for (const text of ['', 'tsk_abc', 'a\\b"c\n', 'ünï😀cödé', '\u001b[0m']) expect(escapeText(text)).toBe(text);
  expect([escapeText(null), unescapeText(null)]).toEqual([null, null]);
});
