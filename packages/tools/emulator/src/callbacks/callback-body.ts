import type { CallbackFaults, MalformedKind } from '../faults/faults.js';
import { malformedKinds } from '../faults/faults.js';
import { type EmulatedTask, opposite, pendingView, type TaskEnd, type TaskView, viewEnd } from '../tasks/task.js';
import { taskBody } from '../tasks/task-body.js';
import type { Says } from './callback-plan.js';

/** The JSON text of a callback: flat, or in the envelope of a status answer. */
export function callbackBody(
  task: EmulatedTask,
  end: TaskEnd,
  says: Says,
  faults: CallbackFaults,
  baseUrl: string,
  taskId: string = task.id,
): string {
  const wrapped = task.draw.hits(faults.wrapped, 'callback.wrapped');
  const data = taskBody(task, viewFor(end, says), baseUrl, {
    outputFiles: task.draw.hits(faults.outputFiles, 'callback.outputFiles'),
    musicItems: task.family === 'music' && task.draw.hits(faults.musicItems, 'callback.musicItems'),
    // Only the wrapped form, which is a status answer, has it.
    withProgress: wrapped,
  });
  const named = taskId === task.id ? data : { ...data, task_id: taskId };
  return JSON.stringify(wrapped ? { code: 200, data: named } : named);
}

function viewFor(end: TaskEnd, says: Says): TaskView {
  switch (says) {
    case 'truth':
      return viewEnd(end, end.verdict);
    case 'lie':
      return viewEnd(end, opposite(end.verdict));
    case 'running':
      return pendingView('running', 50);
    case 'not_started':
      return pendingView('not_started', 0);
  }
}

/** Breaks a body in one of the ways asked for. */
export function malform(body: string, task: EmulatedTask, kinds: readonly MalformedKind[] | undefined): string {
  const [first = malformedKinds[0], ...rest] = kinds ?? malformedKinds;
  switch (task.draw.pick([first, ...rest], 'callback.malformedKind')) {
    case 'truncated':
      return body.slice(0, Math.floor(body.length / 2));
    case 'text':
      return 'upstream connect error or disconnect/reset before headers';
    case 'no-task-id':
      return body.replace(/"task_id":"[^"]*",/, '');
    case 'array':
      return `[${body}]`;
    case 'empty':
      return '';
  }
}
