import { musicItems } from './music-items.js';
import { resultFiles } from './results.js';
import type { EmulatedTask, TaskView } from './task.js';

type Body = Readonly<Record<string, unknown>>;

export interface BodyShape {
  /** Files at `output.files` instead of `files`. */
  readonly outputFiles?: boolean;
  readonly withProgress?: boolean;
  /** Items of `detail/music` instead of files. */
  readonly musicItems?: boolean;
}

/** The task as a status check and a callback show it (a callback without the envelope, unless it is wrapped). */
export function taskBody(task: EmulatedTask, view: TaskView, baseUrl: string, shape: BodyShape): Body {
  const done = view.verdict === 'finished' && !view.noFiles;
  const files = !done ? [] : shape.musicItems ? musicItems(task, baseUrl) : resultFiles(task, baseUrl);
  return {
    task_id: task.id,
    status: view.status,
    // As shown by the provider: `output` appears only with the result.
    ...(shape.outputFiles ? (view.verdict ? { output: { files } } : {}) : { files }),
    created_time: createdTime(task),
    ...(shape.withProgress ? { progress: view.progress } : {}),
    error_message: view.errorMessage,
  };
}

/** Seconds, no zone, as the provider writes it. Ours is UTC. */
export function createdTime(task: EmulatedTask): string {
  return new Date(task.createdAt).toISOString().slice(0, 19);
}
