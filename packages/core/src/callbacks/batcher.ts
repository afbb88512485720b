import type { Clock } from '../clock.js';
import { TasklatchError } from '../errors.js';
import { codeOf, publish } from '../events.js';
import type { Fact } from '../fact.js';
import type { Recorded, TaskStore } from '../store.js';
import { withTimeLimit } from '../time-limit.js';

/** Group commit: facts that come while a `record` flies go together in the next one. No timer, so no wait when idle. */
export interface Batcher {
  /** Resolves when the fact is committed. Rejects with `overloaded` or `store_unavailable`: it may or may not be committed then. */
  record(fact: Fact): Promise<Recorded>;
}

export interface BatcherOptions {
  readonly store: Pick<TaskStore<unknown>, 'name' | 'record' | 'batching'>;
  readonly clock: Clock;
  /** The longest one `record` may take. */
  readonly timeoutMs: number;
  /** The most facts that may wait. */
  readonly maxWaiting: number;
}

interface Waiting {
  readonly fact: Fact;
  resolve(recorded: Recorded): void;
  reject(error: unknown): void;
}

export function batcher({ store, clock, timeoutMs, maxWaiting }: BatcherOptions): Batcher {
  const { max, lanes } = store.batching ?? { max: 64, lanes: 1 };
  let waiting: Waiting[] = [];
  let flying = 0;
  let planned = false;

  function plan(): void {
    if (planned || flying >= lanes || waiting.length === 0) return;
    planned = true;
    // At the end of this turn of the loop: what arrived in the same turn goes together.
    setImmediate(() => {
      planned = false;
      while (flying < lanes && waiting.length > 0) {
        const batch = waiting.slice(0, max);
        waiting = waiting.slice(max);
        flying += 1;
        void fly(batch).finally(() => {
          flying -= 1;
          plan();
        });
      }
    });
  }

  async function write(facts: readonly Fact[]): Promise<readonly Recorded[]> {
    const began = clock.now();
    try {
      const late = () =>
        new TasklatchError(
          'store_unavailable',
          `The ${store.name} store did not answer within ${timeoutMs} ms. Check that it is reachable and not overloaded.`,
        );
      const recorded = await withTimeLimit(clock, timeoutMs, store.record(facts), late);
      publish('batch', { store: store.name, facts: facts.length, ok: true, ms: clock.now() - began });
      return recorded;
    } catch (error) {
      publish('batch', { store: store.name, facts: facts.length, ok: false, ms: clock.now() - began });
      throw error;
    }
  }

  async function fly(batch: readonly Waiting[]): Promise<void> {
    try {
      const recorded = await write(batch.map(({ fact }) => fact));
      for (const [index, { resolve, reject }] of batch.entries()) {
        const one = recorded[index];
        if (one === undefined)
          reject(
            new TasklatchError(
              'store_unavailable',
              `The ${store.name} store answered ${recorded.length} of ${batch.length} facts: it breaks the store contract.`,
            ),
          );
        else resolve(one);
      }
    } catch (error) {
      if (batch.length === 1 || isLate(error)) return failAll(batch, error);
      await oneByOne(batch);
    }
  }

  /** After a failed batch: one bad fact shall fail alone. Two failures in a row are the store's, not a fact's. */
  async function oneByOne(batch: readonly Waiting[]): Promise<void> {
    let failures = 0;
    for (const [index, one] of batch.entries()) {
      try {
        const [recorded] = await write([one.fact]);
        if (recorded === undefined)
          throw new TasklatchError(
            'store_unavailable',
            `The ${store.name} store gave no answer to a fact: it breaks the store contract.`,
          );
        failures = 0;
        one.resolve(recorded);
      } catch (error) {
        failures += 1;
        failAll([one], error);
        if (failures === 2) return failAll(batch.slice(index + 1), error);
      }
    }
  }

  const isLate = (error: unknown): boolean => error instanceof TasklatchError && error.code === 'store_unavailable';

  function failAll(batch: readonly Waiting[], error: unknown): void {
    publish('trouble', { where: 'store', code: codeOf(error) });
    const failure = isLate(error)
      ? error
      : new TasklatchError(
          'store_unavailable',
          `The ${store.name} store failed (${codeOf(error)}). See \`cause\`; the sender is told to come again.`,
          { cause: error },
        );
    for (const { reject } of batch) reject(failure);
  }

  return {
    record: (fact) =>
      new Promise<Recorded>((resolve, reject) => {
        if (waiting.length >= maxWaiting) {
          reject(
            new TasklatchError(
              'overloaded',
              `${maxWaiting} facts wait for the ${store.name} store already: it is slower than what comes in.`,
            ),
          );
          return;
        }
        waiting.push({ fact, resolve, reject });
        plan();
      }),
  };
}
