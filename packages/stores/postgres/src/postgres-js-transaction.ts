import { TasklatchError } from '@tasklatch/core';

/** `sql.begin`, as far as it is used; postgres.js types it so that only its own generics can call it. */
export type Begin<Tx> = <T>(options: string, work: (tx: Tx) => Promise<T>) => Promise<T>;

/**
 * `sql.begin`, made safe against the loss of its connection. postgres.js 3.4 would run what comes after on another connection, outside
 * of any transaction, or end the process by an exception that nobody can catch when it writes its ROLLBACK to nowhere (its issues
 * 1133 and 1208). So once `begin` has said that the connection is lost, no statement passes, and it gets nothing to roll back.
 */
export async function beginSafely<Tx extends object, T>(begin: Begin<Tx>, work: (tx: Tx) => Promise<T>): Promise<T> {
  let lost = false;
  const check = (): void => {
    if (!lost) return;
    throw new TasklatchError(
      'store_unavailable',
      'The connection of this transaction was lost: nothing of it is written. Let the error pass, and the effect is tried again.',
    );
  };
  const begun = begin('isolation level read committed', async (tx) => {
    try {
      // In an object, because postgres.js would wait for the items of an array.
      return { answer: await work(guarded(tx, check)) };
    } catch (error) {
      // A lost connection makes the statement under way fail first, and itself known a moment later.
      await new Promise((resolve) => setImmediate(resolve));
      if (lost) return await new Promise<never>(() => {});
      throw error;
    }
  });
  // `begin` rejects in the same turn of the loop in which the connection is lost, whatever `work` is waiting for.
  begun.catch(() => {
    lost = true;
  });
  return (await begun).answer;
}

/** The same `tx`, that checks before each use; that of a savepoint within too. */
function guarded<Tx extends object>(tx: Tx, check: () => void): Tx {
  return new Proxy(tx, {
    // Called as a template's tag or a helper; the types of both are postgres.js's business.
    apply(target, self, values) {
      check();
      return Reflect.apply(target as (...values: unknown[]) => unknown, self, values);
    },
    get(target, name, self) {
      const value: unknown = Reflect.get(target, name, self);
      if (typeof value !== 'function') return value;
      return (...values: unknown[]): unknown => {
        check();
        const inner = values.map((item) =>
          name === 'savepoint' && typeof item === 'function' ? (within: object) => item(guarded(within, check)) : item,
        );
        return Reflect.apply(value, target, inner);
      };
    },
  });
}
