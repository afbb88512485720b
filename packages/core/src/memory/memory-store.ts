import { type Clock, systemClock } from '../clock.js';
import { TasklatchError } from '../errors.js';
import { splitFact } from '../fact-content.js';
import {
  type CheckLease,
  type ClaimOptions,
  DEFAULT_STORE_LIMITS,
  type EffectLease,
  type Page,
  type PurgeQuery,
  type StoreLimits,
  type TaskDraft,
  type TaskQuery,
  type TaskStore,
} from '../store.js';
import { isTerminal, type Task } from '../task.js';
import { openAgain, openTask } from '../transition.js';
import { memoryClaims } from './claims.js';
import { memoryQuarantine } from './quarantine.js';
import { memoryRecord } from './record.js';
import { memoryRows, type Row, type Wake } from './rows.js';

export interface MemoryStoreOptions extends Partial<StoreLimits> {
  /** Default: the machine's clock. */
  readonly clock?: Clock;
}

/**
 * The store for tests and for one process that may forget everything when it ends. Keeps the whole store contract; what it can't
 * keep is promise 2: a 2xx is as durable as the process.
 */
export function memoryStore(options: MemoryStoreOptions = {}): TaskStore {
  const clock = options.clock ?? systemClock;
  const limits: StoreLimits = { ...DEFAULT_STORE_LIMITS, ...options };
  const listeners = new Set<Wake>();
  const wake: Wake = (what, taskId) => {
    for (const listener of listeners) listener(what, taskId);
  };
  const rows = memoryRows(wake);
  const quarantine = memoryQuarantine(limits);
  const { adopt, record } = memoryRecord(rows, quarantine, limits, wake);
  const claims = memoryClaims(rows);

  function claim(work: 'effect', want: ClaimOptions): Promise<readonly EffectLease[]>;
  function claim(work: 'check', want: ClaimOptions): Promise<readonly CheckLease[]>;
  async function claim(work: 'effect' | 'check', want: ClaimOptions): Promise<readonly (EffectLease | CheckLease)[]> {
    return work === 'check' ? claims.checks(want, clock.now()) : claims.effects(want, clock.now());
  }

  // Each act is one piece of code without an await in it: nothing can come in between.
  return {
    name: 'memory',

    async open(draft: TaskDraft) {
      const now = clock.now();
      const held = rows.get(draft.id);
      if (held === undefined) {
        const row = rows.insert(openTask(draft, now));
        adopt(row, now);
        return { task: row.task, created: true, send: true };
      }
      const again = openAgain(held.task, draft, now);
      rows.keep(held, again.task);
      return { task: held.task, created: false, send: again.send };
    },

    async record(facts) {
      const now = clock.now();
      const done = facts.map((fact) => record(fact, now));
      return done.map(({ row, ...said }) => ({ ...said, task: row?.task ?? null }));
    },

    claim,
    extend: async (lease, leaseMs) => claims.extend(lease, leaseMs, clock.now()),
    finish: async (lease, end) => claims.finish(lease, end, clock.now()),

    async get(ref) {
      return ('id' in ref ? rows.get(ref.id) : rows.find(ref.provider, ref.externalId))?.task;
    },

    async list(query: TaskQuery): Promise<Page<Task>> {
      const limit = Math.min(Math.max(query.limit ?? 50, 1), 1000);
      const newestFirst = (a: Task, b: Task): number => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1);
      const after = query.cursor === undefined ? undefined : cursorOf(query.cursor);
      const found = [...rows.all()]
        .filter(
          ({ task, effects }) =>
            (query.owner === undefined || task.owner === query.owner) &&
            (query.provider === undefined || task.provider === query.provider) &&
            (query.status === undefined || task.status === query.status) &&
            (query.effect === undefined || [...effects.values()].some(({ state }) => state === query.effect)),
        )
        .map(({ task }) => task)
        .filter(
          (task) =>
            after === undefined || task.createdAt < after.at || (task.createdAt === after.at && task.id < after.id),
        )
        .sort(newestFirst);
      const items = found.slice(0, limit);
      const last = items.at(-1);
      return { items, next: found.length > limit && last !== undefined ? `${last.createdAt}.${last.id}` : null };
    },

    async ledger(ref) {
      if ('quarantine' in ref) {
        const { provider, limit } = ref.quarantine;
        return { entries: quarantine.list(provider, limit ?? 100), effects: [], dropped: 0 };
      }
      const row = rows.get(ref.taskId);
      if (row === undefined) return { entries: [], effects: [], dropped: 0 };
      const effects = [...row.effects.values()]
        .sort((a, b) => (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : a.number - b.number))
        .map(({ fence: _fence, claimId: _claimId, until, again: _again, ...record }) => ({
          ...record,
          leaseUntil: until,
        }));
      return { entries: [...row.entries], effects, dropped: row.dropped };
    },

    async purge(query) {
      if (query.discard !== undefined) return quarantine.discard(query.discard);
      const now = clock.now();
      const limit = query.limit ?? 500;
      const old = [...rows.all()]
        .filter((row) => purgeable(row, query, now))
        .sort((a, b) => (a.task.settledAt ?? 0) - (b.task.settledAt ?? 0))
        .slice(0, limit);
      for (const row of old) rows.remove(row);
      const quarantined = quarantine.purge(now - query.quarantinedForMs, limit - old.length);
      const before = now - (query.contentForMs ?? Number.POSITIVE_INFINITY);
      return old.length + quarantined + forgetContents(rows.all(), before, limit - old.length - quarantined);
    },

    async listen(listener) {
      listeners.add(listener);
      return async () => {
        listeners.delete(listener);
      };
    },
  };
}

function cursorOf(cursor: string): { readonly at: number; readonly id: string } {
  const dot = cursor.indexOf('.');
  const at = Number(cursor.slice(0, dot));
  if (dot < 1 || !Number.isFinite(at)) {
    throw new TasklatchError(
      'invalid_request',
      'The cursor is not one that `list` gave: pass `next` of the page before, unchanged.',
    );
  }
  return { at, id: cursor.slice(dot + 1) };
}

/** Takes the contents from the ledgers of tasks that settled before then. Answers of how many tasks. */
function forgetContents(rows: Iterable<Row>, before: number, limit: number): number {
  let count = 0;
  const old = [...rows].filter(({ task }) => (task.settledAt ?? before) < before);
  for (const { entries } of old.sort((a, b) => (a.task.settledAt ?? 0) - (b.task.settledAt ?? 0))) {
    if (count >= limit) break;
    let had = false;
    for (const [index, entry] of entries.entries()) {
      const { bare, content } = splitFact(entry.fact);
      if (content === null) continue;
      entries[index] = { ...entry, fact: bare };
      had = true;
    }
    if (had) count += 1;
  }
  return count;
}

function purgeable(row: Row, query: PurgeQuery, now: number): boolean {
  const settledAt = row.task.settledAt;
  if (settledAt === null || !isTerminal(row.task.status)) return false;
  const effects = [...row.effects.values()];
  const leased = [row.check, ...effects].some((piece) => piece.until !== null && piece.until > now);
  if (leased) return false;
  if (settledAt < now - query.abandonedForMs) return true;
  return settledAt < now - query.settledForMs && effects.every((effect) => effect.state === 'done');
}
