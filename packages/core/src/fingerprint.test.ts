import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprint } from './fingerprint.js';

describe('fingerprint', () => {
  it('is the same for the same JSON, whatever the order of keys', () => {
    expect(fingerprint('p', 'm', { a: 1, b: { c: [1, 2], d: null } })).toBe(
      fingerprint('p', 'm', { b: { d: null, c: [1, 2] }, a: 1, e: undefined }),
    );
  });

  it('differs for another provider, model, value, type or order of a list', () => {
    const all = [
      fingerprint('p', 'm', {}),
      fingerprint('q', 'm', {}),
      fingerprint('p', null, {}),
      fingerprint('p', 'm', []),
      fingerprint('p', 'm', { a: 1 }),
      fingerprint('p', 'm', { a: '1' }),
      fingerprint('p', 'm', [1, 2]),
      fingerprint('p', 'm', [2, 1]),
      fingerprint('p', 'm', [[1], 2]),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  it('agrees with JSON about what is the same', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(fingerprint('p', null, value)).toBe(fingerprint('p', null, JSON.parse(JSON.stringify(value))));
      }),
    );
  });

  it('refuses what JSON would drop or change, and says so', () => {
    for (const input of [Number.NaN, 1n, () => 1, Symbol('s'), { a: [Number.POSITIVE_INFINITY] }])
      expect(() => fingerprint('p', null, input)).toThrowError(/must be plain JSON/);
    let deep: unknown = 1;
    for (let level = 0; level < 200; level++) deep = [deep];
    expect(() => fingerprint('p', null, deep)).toThrowError(/nested/);
  });
});
