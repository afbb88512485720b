/** Timers that end together. */
export interface Timers {
  /** Runs `work` once; returns a function that calls it off. Never after `clear`. */
  after(ms: number, work: () => void): () => void;
  /** Resolves after `ms`, and never after `clear`. */
  pause(ms: number): Promise<void>;
  clear(): void;
}

/** The longest wait that Node's timers know. */
const LONGEST_MS = 0x7fff_ffff;

export function createTimers(): Timers {
  const running = new Set<NodeJS.Timeout>();
  let cleared = false;

  function after(ms: number, work: () => void): () => void {
    if (cleared) return () => {};
    const timer = setTimeout(
      () => {
        running.delete(timer);
        work();
      },
      Math.min(ms, LONGEST_MS),
    );
    running.add(timer);
    return () => {
      clearTimeout(timer);
      running.delete(timer);
    };
  }

  return {
    after,
    pause: (ms) => (ms <= 0 && !cleared ? Promise.resolve() : new Promise((resolve) => after(ms, resolve))),
    clear() {
      cleared = true;
      for (const timer of running) clearTimeout(timer);
      running.clear();
    },
  };
}
