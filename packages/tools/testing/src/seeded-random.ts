import type { Random } from '@tasklatch/core';

/** Chance that comes out the same for the same seed: pass it as `random`, and a run can be repeated. Never for anything secret. */
export function seededRandom(seed: number): Random {
  // Mulberry32: 32 bits of state are plenty for tests.
  let state = seed | 0;
  function fraction(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }
  const letter = (): string => ALPHABET.charAt(Math.floor(fraction() * ALPHABET.length));
  return { fraction, token: () => Array.from({ length: 26 }, letter).join('') };
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
