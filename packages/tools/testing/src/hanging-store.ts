import type { TaskStore } from '@tasklatch/core';
import { interceptStore } from './intercept-store.js';

export interface HangingStore<Tx> {
  readonly store: TaskStore<Tx>;
  /** From now on no call is answered, as behind a half-open connection. */
  hang(): void;
  /** Answers again. Calls that waited are done now, late, as the bytes of a stalled connection would be. */
  release(): void;
  /** How many calls wait. */
  readonly waiting: number;
}

/** A store that can stop answering: no error, no end. */
export function hangingStore<Tx>(store: TaskStore<Tx>): HangingStore<Tx> {
  let hanging = false;
  const waiting: (() => void)[] = [];
  return {
    store: interceptStore(store, async (_act, run) => {
      if (hanging) await new Promise<void>((resolve) => waiting.push(resolve));
      return run();
    }),
    hang() {
      hanging = true;
    },
    release() {
      hanging = false;
      for (const go of waiting.splice(0)) go();
    },
    get waiting() {
      return waiting.length;
    },
  };
}
