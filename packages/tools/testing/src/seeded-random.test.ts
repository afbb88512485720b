import { describe, expect, it } from 'vitest';
import { seededRandom } from './seeded-random.js';

const take = (count: number, seed: number): number[] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => random.fraction());
};

describe('seededRandom', () => {
  it('gives the same numbers for the same seed, and others for another', () => {
    expect(take(100, 7)).toEqual(take(100, 7));
    expect(take(100, 7)).not.toEqual(take(100, 8));
  });

  it('spreads evenly from 0 up to 1', () => {
    const numbers = take(10_000, 1);
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
    for (let tenth = 0; tenth < 10; tenth += 1) {
      const there = numbers.filter((number) => Math.floor(number * 10) === tenth).length;
      expect(there).toBeGreaterThan(850);
      expect(there).toBeLessThan(1150);
    }
  });

  it('makes tokens as the core does, no two alike', () => {
    const random = seededRandom(3);
    const tokens = Array.from({ length: 1000 }, () => random.token());
    expect(tokens.every((token) => /^[a-z2-7]{26}$/.test(token))).toBe(true);
    expect(new Set(tokens).size).toBe(1000);
    expect(seededRandom(3).token()).toBe(tokens[0]);
  });
});
