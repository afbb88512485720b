import { type EffectLease, TasklatchError, type WorkEnd } from '@tasklatch/core';
import type { Act } from './act.js';
import { finish, heldEffect } from './finish.js';
import { guarded } from './guarded.js';
import type { Hold } from './hold.js';
import type { SqliteConnection, SqliteDatabase } from './sqlite-database.js';
import type { Writer } from './writer.js';

/** What an effect gets as `tx`. */
export interface SqliteTx<Db extends SqliteConnection = SqliteDatabase> {
  /**
   * Waits for the file's write lock, begins the transaction and gives its connection; a second call gives the same. What is written
   * there is committed together with the end of the effect, or not at all. From here until the handler ends nobody else can write to
   * the file, in no process: do slow work before. Don't begin, commit or roll back on the connection yourself (savepoints are fine).
   */
  begin(): Promise<Db>;
}

/** An effect that keeps the write lock for longer than `holdMs` is rolled back. */
export async function transact<Db extends SqliteConnection, T>(
  writer: Writer,
  holdMs: number,
  lease: EffectLease,
  end: WorkEnd,
  work: (tx: SqliteTx<Db>) => Promise<T>,
): Promise<T> {
  if ((await writer.read((db) => heldEffect(db, lease))) === undefined) throw leaseLost(lease);

  let over: TasklatchError | undefined;
  let begun: Promise<Hold> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stop: (error: Error) => void = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = reject;
  });

  async function begin(): Promise<Hold> {
    const hold = await writer.hold();
    if (over !== undefined) {
      hold.release();
      throw over;
    }
    timer = setTimeout(() => {
      over = heldTooLong(lease, holdMs);
      hold.release();
      stop(over);
    }, holdMs);
    return hold;
  }

  const tx: SqliteTx<Db> = {
    async begin() {
      if (over !== undefined) throw over;
      begun ??= begin();
      const { db } = await begun;
      if (heldEffect(db, lease) === undefined) throw leaseLost(lease);
      // The cast: this store opens no connections of another type.
      return guarded(db.database as Db, () => over);
    },
  };

  function finishHeld(act: Act): void {
    if (!finish(act, lease, end)) throw leaseLost(lease);
  }

  try {
    const result = await Promise.race([work(tx), stopped]);
    const hold = await begun;
    if (hold === undefined) await writer.write(finishHeld);
    else hold.commit(finishHeld);
    return result;
  } finally {
    over ??= ended(lease);
    clearTimeout(timer);
    // One that waits for the lock still gives it back when it comes.
    begun?.then(
      (hold) => hold.release(),
      () => {},
    );
  }
}

const leaseLost = ({ taskId }: EffectLease): TasklatchError =>
  new TasklatchError(
    'lease_lost',
    'The lease of this effect was lost before its transaction could commit: nothing was written, and its new holder runs it.',
    { taskId },
  );

const heldTooLong = ({ taskId }: EffectLease, holdMs: number): TasklatchError =>
  new TasklatchError(
    'overloaded',
    `An effect kept the SQLite file's write lock for more than ${holdMs} ms and was rolled back. Do its slow work before \`tx.begin()\`.`,
    { taskId },
  );

const ended = ({ taskId }: EffectLease): TasklatchError =>
  new TasklatchError(
    'not_supported',
    'The transaction of this effect is over. Await everything that uses `tx` before the handler returns.',
    { taskId },
  );
