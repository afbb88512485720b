import { memoryStore, type StoreLimits, type TaskStore } from '@tasklatch/core';
import { type ManualClock, manualClock } from '../manual-clock.js';
import type { MakeStore } from '../store-under-test.js';

/** A store with one fault, and the case of the contract that has to notice. */
export interface BrokenStore {
  readonly fault: string;
  readonly caughtBy: string;
  readonly make: MakeStore<never>;
}

type Store = TaskStore;

/** The memory store on a clock that stands still, with some acts replaced. */
export function broken(
  fault: string,
  caughtBy: string,
  breakIt: (store: Store, clock: ManualClock) => Partial<Store>,
  limitsOf: (limits: Partial<StoreLimits>) => Partial<StoreLimits> = (limits) => limits,
): BrokenStore {
  return {
    fault,
    caughtBy,
    async make(limits = {}) {
      const clock = manualClock();
      const whole = memoryStore({ ...limitsOf(limits), clock });
      const store: Store = { ...whole, ...breakIt(whole, clock) };
      return { store: withoutTransact(store), advance: clock.advance, now: clock.now, async close() {} };
    },
  };
}

/** A store that has no `transact` fits every type of transaction. */
function withoutTransact({ transact: _, ...store }: Store): TaskStore<never> {
  return store;
}

/** Lets everybody else go on for a moment: where a store that checks first and writes later loses the race. */
export const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
