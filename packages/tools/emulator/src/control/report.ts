import { type CallbackRecord, type EmulatedTask, viewTask } from '../tasks/task.js';

/** One task as the emulator's owner sees it. */
export interface TaskReport {
  readonly taskId: string;
  readonly ordinal: number;
  readonly model: string;
  readonly marker: string | undefined;
  /** POSTs seen with this marker so far, with those that made no task: over 1 means submitted again. */
  readonly submits: number;
  /** Its true status, whatever checks and callbacks say about it. */
  readonly status: string;
  /** False when the answer to the submit was lost on purpose. */
  readonly answered: boolean;
  /** Status and music detail checks. */
  readonly checks: number;
  readonly callbacks: readonly Readonly<CallbackRecord>[];
}

export function reportOf(task: EmulatedTask, submits: number): TaskReport {
  return {
    taskId: task.id,
    ordinal: task.ordinal,
    model: task.model,
    marker: task.marker,
    submits,
    status: viewTask(task, Date.now()).status,
    answered: task.answered,
    checks: task.checks,
    callbacks: task.callbacks.map((record) => ({ ...record })),
  };
}
