import type { Task } from '../task.js';

/** What a task route shows of a task unless the app says more: no input, no URL, no words of the provider. */
export interface TaskView {
  readonly id: string;
  readonly provider: string;
  readonly model: string | null;
  readonly status: Task['status'];
  readonly progress: number | null;
  /** A hint says it is over; a check is about to confirm it. */
  readonly confirming: boolean;
  readonly error: { readonly code: string } | null;
  /** How many result files there are. */
  readonly files: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly settledAt: string | null;
}

export function taskView(task: Task): TaskView {
  const iso = (at: number): string => new Date(at).toISOString();
  return {
    id: task.id,
    provider: task.provider,
    model: task.model,
    status: task.status,
    progress: task.progress,
    confirming: task.hinted,
    error: task.error === null ? null : { code: task.error.code },
    files: task.result?.files.length ?? 0,
    createdAt: iso(task.createdAt),
    updatedAt: iso(task.updatedAt),
    settledAt: task.settledAt === null ? null : iso(task.settledAt),
  };
}
