import { causeOf, type EffectKind } from '../fact.js';
import type { EffectRecord, LedgerEntry } from '../store.js';
import type { Task } from '../task.js';
import { type DueQueue, dueQueue } from './due-queue.js';

export interface Row {
  task: Task;
  readonly entries: LedgerEntry[];
  readonly byKey: Map<string, number>;
  dropped: number;
  readonly effects: Map<string, EffectRow>;
  check: { fence: number; until: number | null; claimId: string | null; starts: number };
}

export interface EffectRow {
  readonly kind: EffectKind;
  readonly number: number;
  state: EffectRecord['state'];
  dueAt: number;
  fence: number;
  until: number | null;
  claimId: string | null;
  runs: number;
  starts: number;
  ends: number;
  doneAt: number | null;
  lastError: string | null;
  /** Became due again while it was running. */
  again: boolean;
}

export type Wake = (what: 'effect' | 'check' | 'task', taskId: string | null) => void;

/** The rows of the memory store, and what is due of them. */
export interface MemoryRows {
  all(): Iterable<Row>;
  get(id: string): Row | undefined;
  find(provider: string, externalId: string): Row | undefined;
  insert(task: Task): Row;
  remove(row: Row): void;
  /** Keeps a task as a transition left it, with its index, its place in the queue and its watchers. */
  keep(row: Row, task: Task): void;
  /** Makes an effect due: a new one, one that is over, or, once more, one that runs. */
  makeDue(row: Row, kind: EffectKind, number: number, now: number): void;
  /** A settled task has no progress to tell any more. */
  endProgress(row: Row, now: number): void;
  /** To be called after every change of a lease or due time. */
  queueCheck(row: Row): void;
  queueEffect(row: Row, effect: EffectRow): void;
  /** Takes the provider's oldest due check, or its oldest due effect of some kinds. */
  takeCheck(provider: string, now: number): Row | undefined;
  takeEffect(provider: string, kinds: readonly EffectKind[], now: number): readonly [Row, EffectRow] | undefined;
}

export const effectId = (kind: EffectKind, number: number): string => `${kind}:${number}`;
const externalKey = (provider: string, externalId: string): string => `${provider}\n${externalId}`;

/** What the first entry stands for that is due and still holds. One that no longer says when its row is due is a leftover, and goes. */
function oldest<T>(
  queue: DueQueue,
  now: number,
  holds: (entry: { readonly at: number; readonly id: string }) => T | undefined,
): T | undefined {
  for (let entry = queue.peek(); entry !== undefined && entry.at <= now; entry = queue.peek()) {
    const found = holds(entry);
    if (found !== undefined) return found;
    queue.drop();
  }
  return undefined;
}

export function memoryRows(wake: Wake): MemoryRows {
  const rows = new Map<string, Row>();
  const byExternalId = new Map<string, string>();
  const due = { check: new Map<string, DueQueue>(), effect: new Map<string, DueQueue>() };

  const queueOf = (work: 'check' | 'effect', name: string): DueQueue => {
    const held = due[work].get(name);
    if (held !== undefined) return held;
    const made = dueQueue();
    due[work].set(name, made);
    return made;
  };
  /** When a check may be claimed: due, and no lease in the way. Null: never, as things are. */
  const checkDue = (row: Row): number | null =>
    row.task.nextCheckAt === null ? null : Math.max(row.task.nextCheckAt, row.check.until ?? 0);
  const effectDue = (effect: EffectRow): number | null =>
    effect.state === 'due' ? effect.dueAt : effect.state === 'running' ? effect.until : null;
  const queueCheck = (row: Row): void => {
    const at = checkDue(row);
    if (at !== null) queueOf('check', row.task.provider).push(at, row.task.id);
  };
  const queueEffect = (row: Row, effect: EffectRow): void => {
    const at = effectDue(effect);
    const queue = queueOf('effect', `${row.task.provider}\n${effect.kind}`);
    if (at !== null) queue.push(at, `${row.task.id}\n${effectId(effect.kind, effect.number)}`);
  };

  function makeDue(row: Row, kind: EffectKind, number: number, now: number): void {
    const held = row.effects.get(effectId(kind, number));
    if (held?.state === 'running') {
      held.again = true;
      return;
    }
    if (held?.state === 'due') return;
    const effect: EffectRow = held ?? {
      ...{ kind, number, state: 'due', dueAt: now, fence: 0, until: null, claimId: null, runs: 0, starts: 0, ends: 0 },
      ...{ doneAt: null, lastError: null, again: false },
    };
    Object.assign(effect, { state: 'due', dueAt: now, starts: 0, ends: 0, doneAt: null, lastError: null });
    row.effects.set(effectId(kind, number), effect);
    queueEffect(row, effect);
    wake('effect', row.task.id);
  }

  function endProgress(row: Row, now: number): void {
    for (const effect of row.effects.values()) {
      if (causeOf(effect.kind) !== 'progress') continue;
      effect.again = false;
      if (effect.state !== 'running') Object.assign(effect, { state: 'done', doneAt: now });
    }
  }

  function keep(row: Row, task: Task): void {
    const before = row.task;
    if (before.externalId !== null && before.externalId !== task.externalId) {
      byExternalId.delete(externalKey(before.provider, before.externalId));
    }
    if (task.externalId !== null) byExternalId.set(externalKey(task.provider, task.externalId), task.id);
    row.task = task;
    if (before.nextCheckAt !== task.nextCheckAt) queueCheck(row);
    if (before.version !== task.version) wake('task', task.id);
  }

  function insert(task: Task): Row {
    const row: Row = {
      task,
      entries: [],
      byKey: new Map(),
      dropped: 0,
      effects: new Map(),
      check: { fence: 0, until: null, claimId: null, starts: 0 },
    };
    rows.set(task.id, row);
    queueCheck(row);
    return row;
  }

  return {
    all: () => rows.values(),
    get: (id) => rows.get(id),
    find: (provider, externalId) => rows.get(byExternalId.get(externalKey(provider, externalId)) ?? ''),
    insert,
    remove(row) {
      rows.delete(row.task.id);
      if (row.task.externalId !== null) byExternalId.delete(externalKey(row.task.provider, row.task.externalId));
    },
    keep,
    makeDue,
    endProgress,
    queueCheck,
    queueEffect,
    takeCheck(provider, now) {
      const queue = queueOf('check', provider);
      const row = oldest(queue, now, ({ at, id }) => {
        const held = rows.get(id);
        return held !== undefined && checkDue(held) === at ? held : undefined;
      });
      if (row !== undefined) queue.drop();
      return row;
    },
    takeEffect(provider, kinds, now) {
      let first:
        | { readonly at: number; readonly queue: DueQueue; readonly found: readonly [Row, EffectRow] }
        | undefined;
      for (const kind of kinds) {
        const queue = queueOf('effect', `${provider}\n${kind}`);
        const found = oldest(queue, now, ({ at, id }) => {
          const [taskId = '', key = ''] = id.split('\n');
          const row = rows.get(taskId);
          const effect = row?.effects.get(key);
          return row !== undefined && effect !== undefined && effectDue(effect) === at
            ? ([row, effect] as const)
            : undefined;
        });
        const at = queue.peek()?.at ?? now;
        if (found !== undefined && (first === undefined || at < first.at)) first = { at, queue, found };
      }
      first?.queue.drop();
      return first?.found;
    },
  };
}
