import type { EffectKind } from '@tasklatch/core';
import type { Act } from './act.js';
import { type EffectRow, effectsOf, findEffect, putEffect } from './effect-row.js';
import type { TaskRow } from './task-row.js';

/** Makes an effect due: new, or again from the start. One that runs is due again when it ends. */
export function makeDue(act: Act, row: TaskRow, kind: EffectKind, number: number): void {
  const held = findEffect(act.db, row.task.id, kind, number);
  if (held === undefined) {
    putEffect(act.db, newEffect(row, kind, number, act.now));
    act.wake('effect', row.task.id);
  } else dueAgain(act, held);
}

/** Makes what lies dead or done due again. */
export function replay(act: Act, row: TaskRow, kind: EffectKind): void {
  for (const effect of effectsOf(act.db, row.task.id)) {
    if (effect.kind === kind && (effect.state === 'dead' || effect.state === 'done')) dueAgain(act, effect);
  }
}

export function dueAgain(act: Act, effect: EffectRow): void {
  if (effect.state === 'due') return;
  if (effect.state === 'running') effect.again = true;
  else {
    effect.state = 'due';
    effect.dueAt = act.now;
    effect.starts = 0;
    effect.ends = 0;
    effect.steps = [];
    effect.doneAt = null;
    effect.lastError = null;
    act.wake('effect', effect.taskId);
  }
  putEffect(act.db, effect);
}

/** The verdict is there: progress has nothing more to tell. A run under way comes to its end. */
export function endProgress(act: Act, row: TaskRow): void {
  const progress = findEffect(act.db, row.task.id, 'progress', 0);
  if (progress === undefined) return;
  progress.again = false;
  if (progress.state !== 'running') {
    progress.state = 'done';
    progress.doneAt = act.now;
  }
  putEffect(act.db, progress);
}

const newEffect = (row: TaskRow, kind: EffectKind, number: number, now: number): EffectRow => ({
  taskId: row.task.id,
  provider: row.task.provider,
  kind,
  number,
  state: 'due',
  dueAt: now,
  leaseUntil: null,
  fence: 0,
  claim: null,
  again: false,
  runs: 0,
  starts: 0,
  ends: 0,
  steps: [],
  doneAt: null,
  lastError: null,
});
