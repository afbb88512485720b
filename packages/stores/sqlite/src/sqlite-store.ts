import {
  type CheckLease,
  type ClaimOptions,
  type Clock,
  DEFAULT_STORE_LIMITS,
  type EffectLease,
  type StoreLimits,
  systemClock,
  TasklatchError,
  type TaskStore,
} from '@tasklatch/core';
import { claimChecks, claimEffects } from './claim.js';
import { connections, type Source } from './connections.js';
import { openFile } from './driver.js';
import { extend, finish } from './finish.js';
import { ledger } from './ledger.js';
import { list } from './list.js';
import { listeners } from './listeners.js';
import { purge } from './purge.js';
import { open, record } from './record.js';
import type { SqliteConnection, SqliteDatabase } from './sqlite-database.js';
import { findTask, findTaskByExternalId } from './task-row.js';
import { type SqliteTx, transact } from './transact.js';
import { writer } from './writer.js';

export interface SqliteStoreOptions<Db extends SqliteConnection = SqliteDatabase> extends Partial<StoreLimits> {
  /** Path of the file; made when it is not there. `:memory:` for a test. */
  readonly file?: string;
  /**
   * Instead of `file`: a function that opens a connection (called for a second one when an effect begins a transaction), or one connection
   * that is used for nothing else.
   */
  readonly database?: Db | (() => Db);
  /** How long an act waits for the file's write lock before it rejects with `store_unavailable`. Default 4000: just under `storeTimeoutMs` of the latch. */
  readonly busyMs?: number;
  /** How long an effect may keep the write lock after `tx.begin()` before it is rolled back. Default 3000: less than `busyMs`, so that those who wait still get through. */
  readonly holdMs?: number;
  /** How often to look whether other processes changed the file. Default 250: a look costs microseconds. */
  readonly pollMs?: number;
  /** Default: the machine's clock. All processes on one file must use the same. */
  readonly clock?: Pick<Clock, 'now'>;
}

/**
 * Tasks in one SQLite file: durable, shared by the processes of one machine, nothing to install. What was acknowledged is on the disk
 * (`synchronous=FULL`). Opens the file and brings its tables up to date at the first use; after a failure the next use tries again.
 */
export function sqliteStore<Db extends SqliteConnection = SqliteDatabase>(
  options: SqliteStoreOptions<Db>,
): TaskStore<SqliteTx<Db>> & Required<Pick<TaskStore<SqliteTx<Db>>, 'transact' | 'listen' | 'close'>> {
  const { busyMs = 4000, holdMs = 3000, pollMs = 250, clock = systemClock } = options;
  const limits: StoreLimits = { ...DEFAULT_STORE_LIMITS, ...options };
  const ears = listeners(pollMs);
  const door = writer(connections(sourceOf(options)), clock, busyMs, ears.told);

  function claim(work: 'effect', want: ClaimOptions): Promise<readonly EffectLease[]>;
  function claim(work: 'check', want: ClaimOptions): Promise<readonly CheckLease[]>;
  async function claim(work: 'effect' | 'check', want: ClaimOptions): Promise<readonly (EffectLease | CheckLease)[]> {
    return work === 'check'
      ? door.write((act) => claimChecks(act, want))
      : door.write((act) => claimEffects(act, want));
  }

  return {
    name: 'sqlite',
    open: (draft) => door.write((act) => open(act, draft, limits)),
    record: (facts) => door.write((act) => record(act, facts, limits)),
    claim,
    extend: (lease, leaseMs) => door.write((act) => extend(act, lease, leaseMs)),
    finish: (lease, end) => door.write((act) => finish(act, lease, end)),
    transact: (lease, end, work) => transact(door, holdMs, lease, end, work),
    get: (ref) =>
      door.read((db) =>
        'id' in ref ? findTask(db, ref.id)?.task : findTaskByExternalId(db, ref.provider, ref.externalId)?.task,
      ),
    list: (query) => door.read((db) => list(db, query)),
    ledger: (ref) => door.read((db) => ledger(db, ref)),
    purge: (query) => purge(door, query),
    listen: async (wake) => ears.add(wake, door),
    async close() {
      ears.stop();
      await door.close();
    },
  };
}

function sourceOf({ file, database }: SqliteStoreOptions<SqliteConnection>): Source {
  if (file !== undefined && database === undefined) {
    return { open: () => openFile(file), onlyOne: file === ':memory:', owned: true };
  }
  if (database === undefined || file !== undefined) {
    throw new TasklatchError('invalid_options', 'sqliteStore needs either `file` or `database`, and not both.');
  }
  if (typeof database === 'function') return { open: database, onlyOne: false, owned: true };
  return { open: () => database, onlyOne: true, owned: false };
}
