import type { Emulation } from '../emulation.js';
import { checkFaults } from '../faults/check-faults.js';
import { type Faults, type ForgedKind, forgedKinds } from '../faults/faults.js';
import type { Match } from '../faults/scripts.js';
import type { CallbackAnswer, EmulatedTask, TaskEnd, Verdict } from '../tasks/task.js';
import type { Counts } from './counts.js';
import { reportOf, type TaskReport } from './report.js';

/** The owner's side of an emulator: what it saw, and what it is to do. */
export interface Control {
  counts(): Counts;
  /** Newest last. */
  tasks(): readonly TaskReport[];
  /** POSTs to submit seen with this marker, with those that made no task. */
  submitsOf(marker: string): number;
  faults(): Faults;
  /** Replaces the faults, for running tasks too. Throws a `TypeError` for a fault that does not exist or can't have this value. */
  setFaults(faults: Faults): void;
  /** Faults for single tasks, over the general ones. Returns a function that takes the script back. */
  script(match: Match, faults: Faults): () => void;
  /** Ends a task now, `finished` or `failed` as told or as its faults say. False when it had ended before. */
  finish(taskId: string, verdict?: Verdict): boolean;
  /** Sends the true callback of an ended task again, `copies` at once, as the dashboard's "Retry Callback" does. */
  redeliver(taskId: string, copies?: number): Promise<readonly CallbackAnswer[]>;
  /** Sends forged callbacks for an ended task; the answers come in the order of `kinds` (default: token, task, content). */
  forge(taskId: string, kinds?: readonly ForgedKind[]): Promise<readonly CallbackAnswer[]>;
  /**
   * Resolves when no callback is outstanding: all tasks with a callback URL have ended (but those stuck), and what they owe was
   * sent, with retries.
   */
  idle(): Promise<void>;
}

export function createControl(emulation: Emulation): Control {
  const { register, counter, scripts, life, desk, outstanding } = emulation;

  function find(taskId: string): EmulatedTask {
    const task = register.get(taskId);
    if (!task) throw new Error('The emulator knows no task with this id.');
    return task;
  }

  function ended(taskId: string): readonly [EmulatedTask, TaskEnd] {
    const task = find(taskId);
    if (!task.end) throw new Error('This task has not ended. Wait for it, or end it with finish().');
    return [task, task.end];
  }

  return {
    counts: counter.read,
    tasks: () =>
      Array.from(register.all(), (task) =>
        reportOf(task, task.marker === undefined ? 1 : register.submitsOf(task.marker)),
      ),
    submitsOf: register.submitsOf,
    faults: emulation.faults,
    setFaults: (faults) => emulation.setFaults(checkFaults(faults)),
    script: (match, faults) => scripts.add(match, checkFaults(faults)),
    finish: (taskId, verdict) => life.end(find(taskId), verdict),
    async redeliver(taskId, copies = 1) {
      return desk.redeliver(...ended(taskId), copies);
    },
    async forge(taskId, kinds = forgedKinds) {
      return desk.forge(...ended(taskId), kinds);
    },
    idle: outstanding.idle,
  };
}
