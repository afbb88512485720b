import { type CheckLease, type ClaimOptions, causeOf, EFFECT_CAUSES, type EffectLease } from '@tasklatch/core';
import type { Act } from './act.js';
import type { Connection } from './connection.js';
import { claimedEffects, type EffectRow, putEffect, readyEffects } from './effect-row.js';
import { findEntry } from './ledger-entry.js';
import { claimedChecks, dueChecks, findTask, saveTask, type TaskRow } from './task-row.js';

export function claimChecks({ db, now }: Act, want: ClaimOptions): readonly CheckLease[] {
  const held = claimedChecks(db, want.claimId, now);
  if (held.length > 0) return held.map((row) => checkLease(row, now));
  const due = want.from.flatMap(({ provider, limit }) => dueChecks(db, provider, now, limit));
  return due.map((row) => {
    const until = now + want.leaseMs;
    // The next check at the end of the lease: a dead worker's comes again, and an earlier one seen at the end means that somebody asked.
    row.task = { ...row.task, nextCheckAt: until };
    row.check.fence += 1;
    row.check.until = until;
    row.check.claim = want.claimId;
    row.check.starts += 1;
    saveTask(db, row);
    return checkLease(row, now);
  });
}

export function claimEffects({ db, now }: Act, want: ClaimOptions): readonly EffectLease[] {
  const held = claimedEffects(db, want.claimId, now);
  if (held.length > 0) return held.flatMap((row) => effectLease(db, row));
  const due = want.from.flatMap(({ provider, limit, kinds = EFFECT_CAUSES }) =>
    kinds
      .flatMap((kind) => readyEffects(db, provider, kind, now, limit))
      .sort((a, b) => a.readyAt - b.readyAt)
      .slice(0, limit),
  );
  return due.flatMap((row) => {
    row.state = 'running';
    row.fence += 1;
    row.leaseUntil = now + want.leaseMs;
    row.claim = want.claimId;
    row.starts += 1;
    row.runs += 1;
    putEffect(db, row);
    return effectLease(db, row);
  });
}

const checkLease = (row: TaskRow, now: number): CheckLease => ({
  work: 'check',
  taskId: row.task.id,
  fence: row.check.fence,
  task: row.task,
  overdue: row.task.deadlineAt <= now,
  starts: row.check.starts,
});

/** A list of one; none when the task is gone, which only a hand in the tables can do. */
function effectLease(db: Connection, row: EffectRow): EffectLease[] {
  const { taskId, kind, number, fence, starts, ends } = row;
  const task = findTask(db, taskId)?.task;
  if (task === undefined) return [];
  const entry = causeOf(kind) === 'fact' ? (findEntry(db, taskId, number) ?? null) : null;
  return [{ work: 'effect', taskId, kind, number, fence, task, entry, starts, ends }];
}
