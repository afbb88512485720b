import { rollback } from './act.js';
import type { Connection } from './connection.js';

/** A write that waits in line. */
export interface Write {
  readonly answered: boolean;
  /** Runs it inside the open transaction; what it returns is to be called once that is committed. */
  run(db: Connection): () => void;
  reject(error: unknown): void;
}

/** A group is committed after this time, so that the event loop and the lock are soon free again. */
const GROUP_MS = 8;

/**
 * Runs the writes one after the other and commits them together, so that they share one flush. The transaction is open. Each has a
 * savepoint of its own: one that throws is undone alone.
 */
export function commitGroup(db: Connection, next: () => Write | undefined): void {
  const done: { readonly write: Write; readonly committed: () => void }[] = [];
  const until = performance.now() + GROUP_MS;
  try {
    for (let write = next(); write !== undefined; write = performance.now() < until ? next() : undefined) {
      if (write.answered) continue;
      db.exec('SAVEPOINT act');
      try {
        done.push({ write, committed: write.run(db) });
      } catch (error) {
        write.reject(error);
        undo(db, error);
      }
      db.exec('RELEASE act');
    }
    db.exec('COMMIT');
  } catch (error) {
    rollback(db);
    for (const { write } of done) write.reject(error);
    return;
  }
  for (const { committed } of done) committed();
}

function undo(db: Connection, error: unknown): void {
  try {
    db.exec('ROLLBACK TO act');
  } catch {
    // It took the whole transaction with it, as a full disk does: then it is everybody's error.
    throw error;
  }
}
