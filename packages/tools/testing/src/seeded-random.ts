/** Numbers from 0 up to 1, the same ones for the same seed: `Math.random` for a run that can be repeated. */
export function seededRandom(seed: number): () => number {
  // Mulberry32: 32 bits of state are plenty for tests.
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
