/** Counts work that is not done yet, and tells when none is left. */
export interface Outstanding {
  readonly count: number;
  start(): void;
  end(): void;
  /** Resolves when nothing is outstanding: at once, or when the last piece of work ends. */
  idle(): Promise<void>;
  /** Forgets all of it; who waits for `idle` waits no more. */
  clear(): void;
}

export function createOutstanding(): Outstanding {
  let count = 0;
  let waiting: (() => void)[] = [];
  const release = () => {
    const released = waiting;
    waiting = [];
    for (const resolve of released) resolve();
  };
  return {
    get count() {
      return count;
    },
    start() {
      count++;
    },
    end() {
      if (count > 0) count--;
      if (count === 0) release();
    },
    idle: () => (count === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    clear() {
      count = 0;
      release();
    },
  };
}
