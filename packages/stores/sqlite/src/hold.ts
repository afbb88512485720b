import type { Clock } from '@tasklatch/core';
import { type Act, rollback, runAct, type Wake } from './act.js';
import type { Connection } from './connection.js';

/** The file's write lock, kept over turns of the event loop for one effect. */
export interface Hold {
  readonly db: Connection;
  /** Runs `body`, commits and gives the lock back. When `body` throws, nothing of the whole transaction is written. */
  commit<T>(body: (act: Act) => T): T;
  /** Rolls back what was not committed and gives the lock back. May be called again. */
  release(): void;
}

/** The transaction is open on `db`; `free` is called once, when the lock is given back. */
export function holdOf(db: Connection, clock: Pick<Clock, 'now'>, told: Wake, free: () => void): Hold {
  let over = false;
  const end = (sql: 'COMMIT' | 'ROLLBACK'): void => {
    if (over) return;
    over = true;
    try {
      if (sql === 'COMMIT') db.exec(sql);
      else rollback(db);
    } catch (error) {
      rollback(db);
      throw error;
    } finally {
      free();
    }
  };
  return {
    db,
    commit(body) {
      const act = runAct(db, clock, body);
      end('COMMIT');
      act.tell(told);
      return act.value;
    },
    release: () => end('ROLLBACK'),
  };
}
