import type { Draw } from '../faults/draw.js';
import type { Faults } from '../faults/faults.js';
import type { Family } from '../input/models.js';

export type Verdict = 'finished' | 'failed';

/** What one submit asked for, as far as results and answers need it. */
export interface Wish {
  readonly prompt: string;
  readonly title: string;
  readonly style: string;
  /** Width : height of pictures. */
  readonly ratio: number;
  readonly files: number;
}

/** A task as the emulator knows it. */
export interface EmulatedTask {
  readonly id: string;
  /** Counts all POSTs to submit, from 1: the key of every decision about this task. */
  readonly ordinal: number;
  readonly model: string;
  readonly family: Family;
  readonly marker: string | undefined;
  readonly callbackUrl: string | undefined;
  readonly wish: Wish;
  readonly draw: Draw;
  /** From scripts; the emulator's own faults hold where these are silent. */
  readonly overrides: Faults | undefined;
  readonly createdAt: number;
  readonly pendingMs: number;
  /** Infinite for a task that is stuck. */
  readonly runningMs: number;
  end: TaskEnd | undefined;
  checks: number;
  checksAfterEnd: number;
  /** Checks that were answered with a terminal status. */
  terminalAnswers: number;
  answered: boolean;
  readonly callbacks: CallbackRecord[];
}

export interface TaskEnd {
  readonly verdict: Verdict;
  readonly errorMessage: string;
  readonly noFiles: boolean;
  readonly at: number;
}

/** An HTTP status, or why there is none. `refused`: not a loopback address, not sent. */
export type CallbackAnswer = number | 'timeout' | 'unreachable' | 'refused';

export type CallbackKind =
  | 'end'
  | 'retry'
  | 'duplicate'
  | 'progress'
  | 'stale'
  | 'contradicting'
  | 'lying'
  | 'malformed'
  | 'redelivered'
  | 'forged-token'
  | 'forged-task'
  | 'forged-content';

export interface CallbackRecord {
  /** From 1; over all callbacks of this task. */
  readonly attempt: number;
  readonly kind: CallbackKind;
  /** Unix milliseconds. */
  readonly at: number;
  status: CallbackAnswer | 'sending';
}

/** What a task looks like from outside at one moment. */
export interface TaskView {
  readonly status: string;
  readonly progress: number;
  readonly verdict: Verdict | undefined;
  readonly errorMessage: string | null;
  readonly noFiles: boolean;
}

export function viewTask(task: EmulatedTask, now: number): TaskView {
  if (task.end) return viewEnd(task.end, task.end.verdict);
  const runFor = now - task.createdAt - task.pendingMs;
  if (runFor < 0) return pendingView('not_started', 0);
  return viewRunning(task, runFor);
}

/** The task as if it had ended with this verdict: the true one, or the opposite one of a lie. */
export function viewEnd(end: TaskEnd, verdict: Verdict): TaskView {
  return {
    status: verdict,
    progress: verdict === 'finished' ? 100 : 0,
    verdict,
    errorMessage: verdict === 'failed' ? end.errorMessage : null,
    noFiles: end.noFiles,
  };
}

export function viewRunning(task: EmulatedTask, runForMs: number): TaskView {
  const part = Number.isFinite(task.runningMs) && task.runningMs > 0 ? Math.min(1, runForMs / task.runningMs) : 0.5;
  return pendingView('running', Math.floor(5 + 90 * part));
}

export function pendingView(status: string, progress: number): TaskView {
  return { status, progress, verdict: undefined, errorMessage: null, noFiles: false };
}

export function opposite(verdict: Verdict): Verdict {
  return verdict === 'finished' ? 'failed' : 'finished';
}
