import type { Clock } from '@tasklatch/core';
import type { Connection } from './connection.js';

/** What one act of the store works with, inside its write transaction. */
export interface Act {
  readonly db: Connection;
  readonly now: number;
  /** Tells listeners, once it is committed. */
  readonly wake: Wake;
}

export type Wake = (what: 'effect' | 'check' | 'task', taskId: string | null) => void;

/** Runs `body` and keeps what it has to tell until the caller has committed. */
export function runAct<T>(db: Connection, clock: Pick<Clock, 'now'>, body: (act: Act) => T) {
  const wakes: Parameters<Wake>[] = [];
  const value = body({ db, now: clock.now(), wake: (...wake) => wakes.push(wake) });
  return {
    value,
    tell(told: Wake) {
      for (const wake of wakes) told(...wake);
    },
  };
}

export function rollback(db: Connection): void {
  try {
    db.exec('ROLLBACK');
  } catch {
    // SQLite has done it already (disk full), or the connection is broken, which the next BEGIN will tell.
  }
}
