import type { TaskStore } from '@tasklatch/core';
import { interceptStore } from '../intercept-store.js';

/** A store that can be made to fail, or to let the writing of facts wait. */
export interface StoreOutage {
  readonly store: TaskStore<undefined>;
  /** Facts are not written, and tasks not read. */
  begin(): void;
  /** Writes wait. */
  hold(): void;
  /** Writes work again; those that waited go on. */
  end(): void;
  readonly waiting: number;
  /** How often a task was read. */
  readonly reads: number;
}

export function storeOutage(inner: TaskStore<undefined>): StoreOutage {
  let mode: 'fine' | 'failing' | 'holding' = 'fine';
  const waiting: (() => void)[] = [];
  let reads = 0;
  const store = interceptStore(inner, async (act, run) => {
    if (act === 'get') reads += 1;
    if (mode === 'failing' && act !== 'claim') throw new Error('The store is away.');
    if (act === 'record' && mode === 'holding') await new Promise<void>((resolve) => waiting.push(resolve));
    return run();
  });
  return {
    store,
    begin() {
      mode = 'failing';
    },
    hold() {
      mode = 'holding';
    },
    end() {
      mode = 'fine';
      for (const go of waiting.splice(0)) go();
    },
    get waiting() {
      return waiting.length;
    },
    get reads() {
      return reads;
    },
  };
}
