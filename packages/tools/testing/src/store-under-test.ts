import type { StoreLimits, TaskStore } from '@tasklatch/core';

/** A store as the suites want it. */
export interface StoreUnderTest<Tx = unknown> {
  readonly store: TaskStore<Tx>;
  /** The same store as another process would open it: another connection, nothing shared in memory. Leave it out where there can be only one process. */
  second?(): Promise<TaskStore<Tx>>;
  /** Moves the store's clock, where the test can; else the suites wait for short real times. `testPromises` never calls it. */
  advance?(ms: number): Promise<void>;
  /** Reads the store's clock, where that is another than this process's `Date.now`: the suites then check that the store uses no other. */
  now?(): number | Promise<number>;
  /** For stores with `transact`: a table of the test's own, beside the store's, as a user's handler would write to. */
  readonly scratch?: Scratch<Tx>;
  /** Closes everything and drops what was made. */
  close(): Promise<void>;
}

export interface Scratch<Tx> {
  /** Inserts one row, in the open transaction. */
  write(tx: Tx, word: string): Promise<void>;
  /** All rows that are committed, in any order. */
  words(): Promise<readonly string[]>;
}

/** Makes an empty store that shares nothing with those made before. Called some twenty times for one suite. */
export type MakeStore<Tx = unknown> = (limits?: Partial<StoreLimits>) => Promise<StoreUnderTest<Tx>>;
