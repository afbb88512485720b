import type { TaskStore } from '@tasklatch/core';

/** Looks now and then how long leases of the dead lie about before somebody takes the work up. */
export interface LeaseWatch {
  /** The longest that an effect was seen to stay with a lease that was over. */
  readonly longestMs: number;
  stop(): void;
}

export function watchLeases(store: Pick<TaskStore, 'list' | 'ledger'>): LeaseWatch {
  let longestMs = 0;
  let looking = false;
  async function look(): Promise<void> {
    const { items } = await store.list({ effect: 'running', limit: 100 });
    for (const { id } of items) {
      for (const { state, leaseUntil } of (await store.ledger({ taskId: id })).effects) {
        if (state === 'running' && leaseUntil !== null) longestMs = Math.max(longestMs, Date.now() - leaseUntil);
      }
    }
  }
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    // A database that is down just now is looked at the next time.
    void look()
      .catch(() => {})
      .finally(() => {
        looking = false;
      });
  }, 500);
  return {
    get longestMs() {
      return longestMs;
    },
    stop: () => clearInterval(timer),
  };
}
