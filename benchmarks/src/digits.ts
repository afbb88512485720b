import type { Spread } from './spread.js';

/** `12,300`, or `1.25` where the decimals matter. */
export const inDigits = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en') : value >= 10 ? value.toFixed(1) : value.toFixed(2);

/** `0.82 (0.79–0.85)`: median, least and most. */
export const withSpread = ({ median, min, max }: Spread): string =>
  `${inDigits(median)} (${inDigits(min)}–${inDigits(max)})`;
