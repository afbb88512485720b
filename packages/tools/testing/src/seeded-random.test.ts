import { describe, expect, it } from 'vitest';
import { seededRandom } from './seeded-random.js';

const take = (count: number, random: () => number): number[] => Array.from({ length: count }, random);

describe('seededRandom', () => {
  it('gives the same numbers for the same seed, and others for another', () => {
    expect(take(100, seededRandom(7))).toEqual(take(100, seededRandom(7)));
    expect(take(100, seededRandom(7))).not.toEqual(take(100, seededRandom(8)));
  });

  it('spreads evenly from 0 up to 1', () => {
    const numbers = take(10_000, seededRandom(1));
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
    for (let tenth = 0; tenth < 10; tenth += 1) {
      const there = numbers.filter((number) => Math.floor(number * 10) === tenth).length;
      expect(there).toBeGreaterThan(850);
      expect(there).toBeLessThan(1150);
    }
  });
});
