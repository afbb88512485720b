import {
  type CheckLease,
  type ClaimOptions,
  causeOf,
  type EffectLease,
  type Lease,
  type PurgeQuery,
  splitFact,
  TasklatchError,
  type WorkEnd,
} from '@tasklatch/core';
import { type EffectRow, makeDue, renewed, type TaskRow } from './task-row.js';

/** When the check may be claimed. Null: never, as things are. */
export const checkDueAt = ({ task, check }: TaskRow): number | null =>
  task.nextCheckAt === null ? null : Math.max(task.nextCheckAt, check.leaseUntil ?? 0);

/** When the effect may be claimed. Null: never, as things are. */
export const effectDueAt = (effect: EffectRow): number | null =>
  effect.state === 'due' ? effect.dueAt : effect.state === 'running' ? effect.leaseUntil : null;

/** Takes the check. The next one is due when this lease is over, so that a check whose worker died comes again. */
export function takeCheck(row: TaskRow, { claimId, leaseMs }: ClaimOptions, now: number): TaskRow {
  const leaseUntil = now + leaseMs;
  const check = { fence: row.check.fence + 1, claimId, leaseUntil, starts: row.check.starts + 1 };
  return { ...row, check, task: { ...row.task, nextCheckAt: leaseUntil } };
}

export function takeEffect(
  row: TaskRow,
  effect: EffectRow,
  { claimId, leaseMs }: ClaimOptions,
  now: number,
): readonly [TaskRow, EffectLease] {
  const taken: EffectRow = {
    ...effect,
    state: 'running',
    fence: effect.fence + 1,
    claimId,
    leaseUntil: now + leaseMs,
    starts: effect.starts + 1,
    runs: effect.runs + 1,
  };
  return [withEffect(row, taken), effectLease(row, taken)];
}

export const checkLease = ({ task, check }: TaskRow, now: number): CheckLease => ({
  work: 'check',
  taskId: task.id,
  fence: check.fence,
  task,
  overdue: task.deadlineAt <= now,
  starts: check.starts,
});

export const effectLease = ({ task, entries }: TaskRow, effect: EffectRow): EffectLease => ({
  work: 'effect',
  taskId: task.id,
  kind: effect.kind,
  number: effect.number,
  fence: effect.fence,
  task,
  entry: causeOf(effect.kind) === 'fact' ? (entries[effect.number - 1] ?? null) : null,
  starts: effect.starts,
  ends: effect.ends,
});

/** Moves the end of the lease. Undefined: it is lost. */
export function extendLease(row: TaskRow, lease: Lease, leaseMs: number, now: number): TaskRow | undefined {
  const leaseUntil = now + leaseMs;
  if (lease.work === 'effect') {
    const effect = heldEffect(row, lease);
    return effect && withEffect(row, { ...effect, leaseUntil });
  }
  if (!holdsCheck(row, lease)) return undefined;
  const asked = row.task.nextCheckAt !== row.check.leaseUntil;
  const task = asked ? row.task : { ...row.task, nextCheckAt: leaseUntil };
  return { ...row, task, check: { ...row.check, leaseUntil } };
}

/** Ends the work. Undefined: the lease is lost. */
export function endWork(row: TaskRow, lease: Lease, end: WorkEnd, now: number): TaskRow | undefined {
  if (lease.work === 'check') return endCheck(row, lease, end, now);
  const effect = heldEffect(row, lease);
  if (effect === undefined) return undefined;
  const ended = { ...effect, ends: effect.ends + 1, leaseUntil: null };
  if (end.kind === 'dead') return withEffect(row, { ...ended, state: 'dead', lastError: end.error ?? null });
  if (end.kind === 'again') {
    return withEffect(row, { ...ended, state: 'due', dueAt: now + end.inMs, lastError: end.error ?? null });
  }
  const done: EffectRow = effect.again
    ? { ...renewed(ended, now), again: false }
    : { ...ended, state: 'done', doneAt: now };
  const next = withEffect(row, done);
  if (end.kind === 'done') return next;
  return { ...next, effects: end.into.reduce((all, kind) => makeDue(all, kind, effect.number, now), next.effects) };
}

function endCheck(row: TaskRow, lease: CheckLease, end: WorkEnd, now: number): TaskRow | undefined {
  if (end.kind === 'dead' || end.kind === 'split') {
    throw new TasklatchError('not_supported', `A check can't end as "${end.kind}": use "again" or "done".`);
  }
  if (!holdsCheck(row, lease)) return undefined;
  const free = { ...row, check: { ...row.check, leaseUntil: null } };
  const { nextCheckAt, deadlineAt } = row.task;
  if (nextCheckAt === null) return free;
  const at = (next: number): TaskRow => ({ ...free, task: { ...row.task, nextCheckAt: next } });
  if (end.kind === 'done') return at(Math.max(deadlineAt, now));
  // It differs from the lease's end only if somebody asked for a check meanwhile: that time holds.
  if (nextCheckAt !== row.check.leaseUntil) return free;
  return at(deadlineAt > now ? Math.min(now + end.inMs, deadlineAt) : now + end.inMs);
}

const holdsCheck = ({ check }: TaskRow, lease: CheckLease): boolean =>
  check.fence === lease.fence && check.leaseUntil !== null;

const heldEffect = ({ effects }: TaskRow, { kind, number, fence }: EffectLease): EffectRow | undefined =>
  effects.find(
    (effect) =>
      effect.kind === kind && effect.number === number && effect.fence === fence && effect.state === 'running',
  );

const withEffect = (row: TaskRow, next: EffectRow): TaskRow => ({
  ...row,
  effects: row.effects.map((effect) => (effect.kind === next.kind && effect.number === next.number ? next : effect)),
});

/** Whether the task is past its time: settled, nobody at work on it, and its effects done or given up. */
export function isPurgeable({ task, effects, check }: TaskRow, query: PurgeQuery, now: number): boolean {
  if (task.settledAt === null) return false;
  const leases = [check.leaseUntil, ...effects.map(({ leaseUntil }) => leaseUntil)];
  if (leases.some((until) => until !== null && until > now)) return false;
  if (task.settledAt < now - query.abandonedForMs) return true;
  return task.settledAt < now - query.settledForMs && effects.every(({ state }) => state === 'done');
}

/** The row without the contents in its ledger, once it has settled and is past that time. Undefined: there is nothing to forget. */
export function withoutContents(row: TaskRow, contentForMs: number, now: number): TaskRow | undefined {
  if (row.task.settledAt === null || row.task.settledAt >= now - contentForMs) return undefined;
  const split = row.entries.map((entry) => ({ entry, ...splitFact(entry.fact) }));
  if (split.every(({ content }) => content === null)) return undefined;
  return { ...row, entries: split.map(({ entry, bare }) => ({ ...entry, fact: bare })) };
}
