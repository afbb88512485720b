/** The middle of several rounds, and how far they lay apart. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    min: at(0),
    max: at(sorted.length - 1),
  };
}

/** Divided round by round: two runs of one round were slowed down by about the same. */
export const ratio = (rates: readonly number[], base: readonly number[]): Spread =>
  spread(rates.map((rate, round) => rate / (base[round] ?? Number.NaN)));
