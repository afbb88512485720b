import type { Ledger, LedgerRef } from '@tasklatch/core';
import type { Connection } from './connection.js';
import { effectRecord, effectsOf } from './effect-row.js';
import { entriesOf } from './ledger-entry.js';
import { listQuarantined } from './quarantine.js';
import { findTask } from './task-row.js';

export function ledger(db: Connection, ref: LedgerRef): Ledger {
  if ('quarantine' in ref) {
    const { provider, limit } = ref.quarantine;
    return { entries: listQuarantined(db, provider, limit ?? 100), effects: [], dropped: 0 };
  }
  return atOneTime(db, () => ({
    entries: entriesOf(db, ref.taskId),
    effects: effectsOf(db, ref.taskId).map(effectRecord),
    dropped: findTask(db, ref.taskId)?.dropped ?? 0,
  }));
}

/** Several reads that see the same state, whatever other processes commit between them. */
function atOneTime<T>(db: Connection, body: () => T): T {
  // Not BEGIN: on a store's only connection the transaction of an effect may be open.
  db.exec('SAVEPOINT look');
  try {
    return body();
  } finally {
    db.exec('RELEASE look');
  }
}
