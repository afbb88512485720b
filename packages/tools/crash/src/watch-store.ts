import type { TaskStore } from '@tasklatch/core';
import type { WorkerTime } from './worker-time.js';

/** Looks into the store now and then while everything is under way. */
export interface StoreWatch {
  /** The longest that an effect was seen to lie with a lease that was over, while a worker was up to take it. */
  readonly longestMs: number;
  /** More tasks wait for their end than the workers of this machine get done. */
  readonly behind: boolean;
  stop(): void;
}

/** So many unsettled tasks are enough to be caught in any state. */
const ENOUGH = 100;

export function watchStore(store: Pick<TaskStore, 'list' | 'ledger'>, workers: WorkerTime): StoreWatch {
  let longestMs = 0;
  let behind = false;
  let looking = false;

  async function look(): Promise<void> {
    const unsettled = await Promise.all(
      (['pending', 'running'] as const).map(
        async (status) => (await store.list({ status, limit: ENOUGH })).items.length,
      ),
    );
    behind = unsettled.reduce((sum, count) => sum + count, 0) >= ENOUGH;
    for (const { id } of (await store.list({ effect: 'running', limit: 100 })).items) {
      for (const { state, leaseUntil } of (await store.ledger({ taskId: id })).effects) {
        if (state === 'running' && leaseUntil !== null)
          longestMs = Math.max(longestMs, workers.between(leaseUntil, Date.now()));
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
    get behind() {
      return behind;
    },
    stop: () => clearInterval(timer),
  };
}
