import { type EffectLease, memoryStore, TasklatchError, type TaskStore, type WorkEnd } from '@tasklatch/core';
import { manualClock } from '../manual-clock.js';
import type { MakeStore } from '../store-under-test.js';
import type { BrokenStore } from './broken-store.js';

/** What an effect has written and not committed. */
type Tx = string[];

interface Transaction {
  readonly tx: Tx;
  /** Runs the effect. */
  readonly work: () => Promise<unknown>;
  /** Ends the lease; false when it is lost. */
  readonly end: () => Promise<boolean>;
  /** Makes what was written everybody's. */
  readonly commit: () => void;
}

const lost = (): TasklatchError => new TasklatchError('lease_lost', 'Another worker has the lease.');

/** The memory store with a table beside it, and a `transact` that goes as `run` says. */
const transacting =
  (run: (transaction: Transaction) => Promise<void>): MakeStore<Tx> =>
  async (limits) => {
    const clock = manualClock();
    const inner = memoryStore({ ...limits, clock });
    const table: string[] = [];
    async function transact<T>(lease: EffectLease, end: WorkEnd, work: (tx: Tx) => Promise<T>): Promise<T> {
      const tx: Tx = [];
      const answers: T[] = [];
      await run({
        tx,
        work: async () => void answers.push(await work(tx)),
        end: () => inner.finish(lease, end),
        commit: () => void table.push(...tx),
      });
      const [answer] = answers;
      if (answers.length === 0) throw lost();
      // One item was pushed, so this is it, also where T includes undefined.
      return answer as T;
    }
    const { transact: _, ...rest } = inner;
    const store: TaskStore<Tx> = { ...rest, transact };
    const scratch = { write: async (tx: Tx, word: string) => void tx.push(word), words: async () => [...table] };
    return { store, scratch, advance: clock.advance, now: clock.now, async close() {} };
  };

/** As it should be. */
export const transactingStore: MakeStore<Tx> = transacting(async ({ work, end, commit }) => {
  await work();
  if (!(await end())) throw lost();
  commit();
});

export interface BrokenTransact extends Omit<BrokenStore, 'make'> {
  readonly make: MakeStore<Tx>;
}

export const BROKEN_TRANSACT: readonly BrokenTransact[] = [
  {
    fault: 'commits before it looks at the lease',
    caughtBy: 'writes nothing for whoever lost the lease, and says so',
    make: transacting(async ({ work, end, commit }) => {
      await work();
      commit();
      if (!(await end())) throw lost();
    }),
  },
  {
    fault: 'ends the effect before it ran',
    caughtBy: 'writes nothing when the effect fails, and passes its error on as it is',
    make: transacting(async ({ work, end, commit }) => {
      if (!(await end())) throw lost();
      await work();
      commit();
    }),
  },
  {
    fault: 'commits what a failed effect wrote',
    caughtBy: 'writes nothing when the effect fails, and passes its error on as it is',
    make: transacting(async ({ work, end, commit }) => {
      await work().finally(commit);
      if (!(await end())) throw lost();
    }),
  },
  {
    fault: 'forgets to end the effect',
    caughtBy: 'commits what the effect wrote and its end together',
    make: transacting(async ({ work, commit }) => {
      await work();
      commit();
    }),
  },
];
