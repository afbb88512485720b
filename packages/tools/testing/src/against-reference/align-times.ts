/** Any number past the year 2001 is taken for a time in Unix milliseconds. */
const A_TIME = 1e12;
const LOOSELY_MS = 600_000;

/**
 * The same value with its times replaced by those at the same place in `expected`, where they differ by `shift` and not much more: what
 * is left of a difference is not about clocks.
 */
export function alignTimes(actual: unknown, expected: unknown, shift: number): unknown {
  if (typeof actual === 'number' && typeof expected === 'number' && actual > A_TIME && expected > A_TIME) {
    return Math.abs(actual - shift - expected) < LOOSELY_MS ? expected : actual - shift;
  }
  if (Array.isArray(actual)) {
    return actual.map((item, index) => alignTimes(item, Array.isArray(expected) ? expected[index] : undefined, shift));
  }
  if (typeof actual !== 'object' || actual === null) return actual;
  const there = typeof expected === 'object' && expected !== null ? new Map(Object.entries(expected)) : new Map();
  return Object.fromEntries(
    Object.entries(actual).map(([key, value]) => [key, alignTimes(value, there.get(key), shift)]),
  );
}
