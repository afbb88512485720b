/** Time, passed in, so that a whole system can run from a seed. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** Calls `fn` once after `ms`; the returned function cancels it. Must not keep the process alive. */
  setTimeout(fn: () => void, ms: number): () => void;
}

/** The machine's clock. Timers are unref'ed: a process may end while one is set. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout(fn, ms) {
    // Node fires at once for delays past 2^31-1 ms.
    const timer = setTimeout(fn, Math.min(ms, 2_147_483_647));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
