import type { EffectKind, Task } from '@tasklatch/core';
import type { Act } from './act.js';
import { type EffectRow, effectsOf, findEffect, progressEffectsOf, putEffect } from './effect-row.js';

type Owner = Pick<Task, 'id' | 'provider'>;

/** Makes an effect due: new, or again from the start. One that runs is due again when it ends. */
export function makeDue(act: Act, task: Owner, kind: EffectKind, number: number): void {
  const held = findEffect(act.db, task.id, kind, number);
  if (held === undefined) {
    putEffect(act.db, newEffect(task, kind, number, act.now));
    act.wake('effect', task.id);
  } else dueAgain(act, held);
}

/** Makes what lies dead or done due again. */
export function replay(act: Act, taskId: string, kind: EffectKind): void {
  for (const effect of effectsOf(act.db, taskId)) {
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
    effect.doneAt = null;
    effect.lastError = null;
    act.wake('effect', effect.taskId);
  }
  putEffect(act.db, effect);
}

/** The verdict is there: progress has nothing more to tell. A run under way comes to its end. */
export function endProgress(act: Act, taskId: string): void {
  for (const progress of progressEffectsOf(act.db, taskId)) {
    progress.again = false;
    if (progress.state !== 'running') {
      progress.state = 'done';
      progress.doneAt = act.now;
    }
    putEffect(act.db, progress);
  }
}

const newEffect = (task: Owner, kind: EffectKind, number: number, now: number): EffectRow => ({
  taskId: task.id,
  provider: task.provider,
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
  doneAt: null,
  lastError: null,
});
