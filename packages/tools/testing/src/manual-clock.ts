import type { Clock } from '@tasklatch/core';

export interface ManualClock extends Clock {
  /** Moves the time on, runs the timers that fall due on the way, in order, and lets promises settle after each. */
  advance(ms: number): Promise<void>;
  /** How many timers are set. */
  readonly timers: number;
}

/**
 * A clock that stands still until it is told to move. Timers run at their own time, not at the end of `advance`; one that sets
 * another runs that too if it falls due. What waits for real I/O does not settle by itself: await it.
 */
export function manualClock(startAt: number = Date.UTC(2026, 0, 1)): ManualClock {
  const timers = new Set<{ readonly at: number; readonly fn: () => void }>();
  let now = startAt;
  // A Set keeps insertion order, so of two timers for one moment the one set first is found first.
  const nextUntil = (end: number) => {
    let next: { readonly at: number; readonly fn: () => void } | undefined;
    for (const timer of timers) {
      if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer;
    }
    return next;
  };
  return {
    now: () => now,
    setTimeout(fn, ms) {
      const timer = { at: now + Math.max(0, ms), fn };
      timers.add(timer);
      return () => {
        timers.delete(timer);
      };
    },
    async advance(ms) {
      const end = now + ms;
      await settle();
      for (let timer = nextUntil(end); timer !== undefined; timer = nextUntil(end)) {
        timers.delete(timer);
        now = Math.max(now, timer.at);
        timer.fn();
        await settle();
      }
      now = Math.max(now, end);
      await settle();
    },
    get timers() {
      return timers.size;
    },
  };
}

// All promise callbacks, also those that they queue, run before the next turn of the event loop.
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
