import {
  type CheckLease,
  type ClaimOptions,
  DEFAULT_STORE_LIMITS,
  type EffectLease,
  type Lease,
  type LedgerEntry,
  openAgain,
  openTask,
  type Page,
  type StoreLimits,
  type Task,
  TasklatchError,
  type TaskQuery,
  type TaskStore,
} from '@tasklatch/core';
import { claimChecks, claimEffects } from './row-claims.js';
import { adopt, recordFact } from './row-record.js';
import { endWork, extendLease, isPurgeable, withoutContents } from './row-work.js';
import { type Changes, type Rows, rowsInMemory } from './rows.js';
import { rowOf, type TaskRow } from './task-row.js';

export interface RowStoreOptions extends Partial<StoreLimits> {
  readonly name?: string;
  /** What was saved; quarantined entries in the order of their ids, which is that of arrival. */
  readonly saved?: { readonly rows: Iterable<TaskRow>; readonly quarantine: Iterable<LedgerEntry> };
  /** Writes all of it or nothing, and resolves when it is durable. Calls never overlap. Default: nothing is saved. */
  readonly save?: (changes: Changes) => Promise<void>;
  /** Unix milliseconds. Default `Date.now`. */
  readonly now?: () => number;
}

/**
 * A whole store, for one process: all rows are in memory, and what an act changes is saved before the act answers. Acts run one
 * after the other, which makes each atomic. When `save` rejects, the act rejects and has changed nothing.
 */
export function rowStore({ name = 'rows', saved, save, now = Date.now, ...over }: RowStoreOptions = {}): TaskStore {
  const limits: StoreLimits = { ...DEFAULT_STORE_LIMITS, ...over };
  const state = rowsInMemory(saved?.rows ?? [], saved?.quarantine ?? []);

  let last: Promise<unknown> = Promise.resolve();
  function act<T>(work: (rows: Rows, now: number) => T): Promise<T> {
    const run = last.then(async () => {
      const rows = state.begin();
      const answer = work(rows, now());
      const { changes } = rows;
      if (save !== undefined && changes.rows.size + changes.quarantine.size > 0) await save(changes);
      state.commit(changes);
      return answer;
    });
    // An act that failed must not fail those behind it.
    last = run.catch(() => undefined);
    return run;
  }

  function claim(work: 'effect', want: ClaimOptions): Promise<readonly EffectLease[]>;
  function claim(work: 'check', want: ClaimOptions): Promise<readonly CheckLease[]>;
  function claim(work: 'effect' | 'check', want: ClaimOptions): Promise<readonly Lease[]> {
    return act<readonly Lease[]>((rows, at) =>
      work === 'check' ? claimChecks(rows, want, at) : claimEffects(rows, want, at),
    );
  }

  /** Puts what `change` made of the leased row. False: the lease was lost. */
  const withLease = (lease: Lease, change: (row: TaskRow, now: number) => TaskRow | undefined): Promise<boolean> =>
    act((rows, at) => {
      const row = rows.row(lease.taskId);
      const changed = row && change(row, at);
      if (changed !== undefined) rows.put(changed);
      return changed !== undefined;
    });

  return {
    name,

    open: (draft) =>
      act((rows, at) => {
        const held = rows.row(draft.id);
        if (held !== undefined) {
          const { task, send } = openAgain(held.task, draft, at);
          if (task !== held.task) rows.put({ ...held, task });
          return { task, created: false, send };
        }
        const opened = rowOf(openTask(draft, at));
        rows.put(opened);
        adopt(rows, opened.task, limits, at);
        return { task: rows.row(draft.id)?.task ?? opened.task, created: true, send: true };
      }),

    record: (facts) =>
      act((rows, at) => {
        const said = facts.map((fact) => recordFact(rows, fact, limits, at));
        return said.map(({ taskId, ...rest }) => ({ ...rest, task: rows.row(taskId ?? '')?.task ?? null }));
      }),

    claim,
    extend: (lease, leaseMs) => withLease(lease, (row, at) => extendLease(row, lease, leaseMs, at)),
    finish: (lease, end) => withLease(lease, (row, at) => endWork(row, lease, end, at)),

    get: (ref) => act((rows) => ('id' in ref ? rows.row(ref.id) : rows.owner(ref.provider, ref.externalId))?.task),

    list: (query) => act((rows) => pageOf(rows.all(), query)),

    ledger: (ref) =>
      act((rows) => {
        if ('quarantine' in ref) {
          const { provider, limit = 100 } = ref.quarantine;
          const entries = rows.quarantined().filter(({ fact }) => provider === undefined || fact.provider === provider);
          return { entries: entries.slice(0, limit), effects: [], dropped: 0 };
        }
        const { entries, effects, dropped } = rows.row(ref.taskId) ?? { entries: [], effects: [], dropped: 0 };
        const byKind = [...effects].sort((a, b) =>
          a.kind === b.kind ? a.number - b.number : a.kind < b.kind ? -1 : 1,
        );
        return { entries, effects: byKind.map(({ fence, claimId, again, ...effect }) => effect), dropped };
      }),

    purge: ({ limit = 500, discard, ...query }) =>
      act((rows, at) => {
        if (discard !== undefined) return discard.filter((id) => rows.release(id)).length;
        const old = rows.all().filter((row) => isPurgeable(row, query, at));
        const gone = old.sort(bySettling).slice(0, limit);
        for (const row of gone) rows.remove(row);
        const entries = rows.quarantined().filter((entry) => entry.at < at - query.quarantinedForMs);
        const released = entries.slice(0, limit - gone.length);
        for (const { id } of released) rows.release(id);
        const { contentForMs = Number.POSITIVE_INFINITY } = query;
        const emptied = rows
          .all()
          .flatMap((row) => withoutContents(row, contentForMs, at) ?? [])
          .sort(bySettling);
        const most = emptied.slice(0, limit - gone.length - released.length);
        for (const row of most) rows.put(row);
        return gone.length + released.length + most.length;
      }),
  };
}

const bySettling = (a: TaskRow, b: TaskRow): number => (a.task.settledAt ?? 0) - (b.task.settledAt ?? 0);

function pageOf(rows: readonly TaskRow[], query: TaskQuery): Page<Task> {
  const limit = Math.min(Math.max(query.limit ?? 50, 1), 1000);
  const [, at, id = ''] = /^(\d+)\.(.*)$/s.exec(query.cursor ?? '') ?? [];
  if (query.cursor !== undefined && at === undefined) {
    throw new TasklatchError('invalid_request', 'The cursor is not one that `list` gave: pass `next` unchanged.');
  }
  const after = ({ createdAt, id: own }: Task): boolean =>
    at === undefined || createdAt < Number(at) || (createdAt === Number(at) && own < id);
  const found = rows
    .filter(
      ({ task, effects }) =>
        (query.owner === undefined || task.owner === query.owner) &&
        (query.provider === undefined || task.provider === query.provider) &&
        (query.status === undefined || task.status === query.status) &&
        (query.effect === undefined || effects.some(({ state }) => state === query.effect)) &&
        after(task),
    )
    .map(({ task }) => task)
    .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, next: last !== undefined && found.length > limit ? `${last.createdAt}.${last.id}` : null };
}
