import { type CheckLease, type EffectLease, type Lease, TasklatchError, type WorkEnd } from '@tasklatch/core';
import type { Act } from './act.js';
import type { Connection } from './connection.js';
import { type EffectRow, findEffect, putEffect } from './effect-row.js';
import { dueAgain, makeDue } from './make-due.js';
import { findTask, saveTask, type TaskRow } from './task-row.js';

export function extend({ db, now }: Act, lease: Lease, leaseMs: number): boolean {
  const until = now + leaseMs;
  if (lease.work === 'effect') {
    const effect = heldEffect(db, lease);
    if (effect === undefined) return false;
    effect.leaseUntil = until;
    putEffect(db, effect);
    return true;
  }
  const row = heldCheck(db, lease);
  if (row === undefined) return false;
  if (row.task.nextCheckAt === row.check.until) row.task = { ...row.task, nextCheckAt: until };
  row.check.until = until;
  saveTask(db, row);
  return true;
}

export const finish = (act: Act, lease: Lease, end: WorkEnd): boolean =>
  lease.work === 'check' ? finishCheck(act, lease, end) : finishEffect(act, lease, end);

export function heldEffect(db: Connection, lease: EffectLease): EffectRow | undefined {
  const effect = findEffect(db, lease.taskId, lease.kind, lease.number);
  return effect?.fence === lease.fence && effect.state === 'running' ? effect : undefined;
}

function heldCheck(db: Connection, lease: CheckLease): TaskRow | undefined {
  const row = findTask(db, lease.taskId);
  return row?.check.fence === lease.fence && row.check.until !== null ? row : undefined;
}

function finishEffect(act: Act, lease: EffectLease, end: WorkEnd): boolean {
  const effect = heldEffect(act.db, lease);
  if (effect === undefined) return false;
  effect.ends += 1;
  effect.leaseUntil = null;
  effect.claim = null;
  if (end.kind === 'again' || end.kind === 'dead') {
    effect.state = end.kind === 'again' ? 'due' : 'dead';
    if (end.kind === 'again') effect.dueAt = act.now + end.inMs;
    effect.lastError = end.error ?? null;
    putEffect(act.db, effect);
    return true;
  }
  effect.state = 'done';
  effect.doneAt = act.now;
  if (effect.again) {
    effect.again = false;
    dueAgain(act, effect);
  } else putEffect(act.db, effect);
  if (end.kind === 'split') {
    const task = { id: effect.taskId, provider: effect.provider };
    for (const kind of end.into) makeDue(act, task, kind, effect.number);
  }
  return true;
}

function finishCheck({ db, now }: Act, lease: CheckLease, end: WorkEnd): boolean {
  if (end.kind === 'dead' || end.kind === 'split') {
    throw new TasklatchError('not_supported', `A check can't end as "${end.kind}": use "again" or "done".`);
  }
  const row = heldCheck(db, lease);
  if (row === undefined) return false;
  const { nextCheckAt, deadlineAt } = row.task;
  // During the lease the next check lies at its end; anything else there was asked for meanwhile.
  const asked = nextCheckAt !== row.check.until;
  row.check.until = null;
  row.check.claim = null;
  if (nextCheckAt !== null && end.kind === 'done') row.task = { ...row.task, nextCheckAt: Math.max(deadlineAt, now) };
  if (nextCheckAt !== null && end.kind === 'again' && !asked) {
    const at = now + end.inMs;
    row.task = { ...row.task, nextCheckAt: deadlineAt > now ? Math.min(at, deadlineAt) : at };
  }
  saveTask(db, row);
  return true;
}
