import { expect, test } from 'vitest';
import { drawFrom, numbersFrom } from './draw.js';

test('the same seed, keys and name give the same number, and any other gives another', () => {
  const at = (seed: string | number, key: number, name: string) => drawFrom(seed).under(key).unit(name);
  expect(at(7, 1, 'a')).toBe(at(7, 1, 'a'));
  expect(at(7, 1, 'a')).toBe(at('7', 1, 'a'));
  const all = [at(7, 1, 'a'), at(8, 1, 'a'), at(7, 2, 'a'), at(7, 1, 'b'), at(71, 1, 'a'), at(7, 11, 'a')];
  expect(new Set(all).size).toBe(all.length);
});

test('numbers are spread evenly over neighbouring keys and names', () => {
  const draw = drawFrom('spread');
  const bins = Array<number>(10).fill(0);
  for (let key = 0; key < 10_000; key++) {
    const bin = Math.floor(draw.under(key).unit('submit.resetAfter') * 10);
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  for (const count of bins) expect(Math.abs(count - 1000)).toBeLessThan(150);
});

test('two faults of one task do not go together', () => {
  const draw = drawFrom(1);
  let both = 0;
  for (let key = 0; key < 10_000; key++) {
    const one = draw.under(key);
    if (one.hits(0.5, 'callback.lost') && one.hits(0.5, 'callback.stale')) both++;
  }
  expect(Math.abs(both - 2500)).toBeLessThan(250);
});

test('always and never are certain, and so are 0 and 1', () => {
  const draw = drawFrom(1);
  for (let key = 0; key < 100; key++) {
    const one = draw.under(key);
    expect([true, false, 1, 0, undefined].map((chance) => one.hits(chance, 'x'))).toEqual([
      true,
      false,
      true,
      false,
      false,
    ]);
  }
});

test('amounts lie between their ends', () => {
  const draw = drawFrom(1);
  for (let key = 0; key < 100; key++) {
    const amount = draw.under(key).amount([10, 20], 'x');
    expect(amount).toBeGreaterThanOrEqual(10);
    expect(amount).toBeLessThan(20);
  }
  expect(draw.amount(5, 'x')).toBe(5);
});

test('a stream repeats for its seed', () => {
  const take = (seed: string) => {
    const next = numbersFrom(seed);
    return [next(), next(), next()];
  };
  expect(take('a')).toEqual(take('a'));
  expect(take('a')).not.toEqual(take('b'));
});
