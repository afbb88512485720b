import type { CallbackDesk } from '../callbacks/callback-desk.js';
import type { Counter } from '../control/counts.js';
import type { Faults } from '../faults/faults.js';
import type { Outstanding } from '../outstanding.js';
import type { Timers } from '../timers.js';
import type { EmulatedTask, Verdict } from './task.js';
import type { TaskRegister } from './task-register.js';

/** Makes tasks end: by the clock, or when told to. */
export interface TaskLife {
  /** Takes a new task in. An early one ends now; resolves when the callbacks of an early one were delivered. */
  begin(task: EmulatedTask): Promise<void>;
  /** Ends a task now, once; false when it had ended. Without a verdict the faults decide it. */
  end(task: EmulatedTask, verdict?: Verdict): boolean;
}

export interface TaskLifeOptions {
  readonly register: TaskRegister;
  readonly desk: CallbackDesk;
  readonly counter: Counter;
  readonly outstanding: Outstanding;
  readonly timers: Timers;
  readonly faultsOf: (task: EmulatedTask) => Faults;
}

/** The failure texts known from the provider and its sister service. */
const errorMessages: readonly [string, ...string[]] = [
  'The prompt violates our content policy',
  'The content does not comply with the platform regulations.',
  'The server is busy or the quota is insufficient.',
  'The server is overloaded. Please try again later.',
];

export function createTaskLife({ register, desk, counter, outstanding, timers, faultsOf }: TaskLifeOptions): TaskLife {
  const callOff = new Map<EmulatedTask, () => void>();

  function finish(task: EmulatedTask, verdict: Verdict | undefined, afterMs: number): Promise<void> {
    const { fails, errorMessage, noFiles } = faultsOf(task).task ?? {};
    const drawn = task.draw.hits(fails, 'task.fails') ? 'failed' : 'finished';
    const end = {
      verdict: verdict ?? drawn,
      errorMessage: errorMessage ?? task.draw.pick(errorMessages, 'task.errorMessage'),
      noFiles: task.draw.hits(noFiles, 'task.noFiles'),
      at: Date.now(),
    };
    task.end = end;
    counter.add('tasksEnded');
    if (end.verdict === 'failed') counter.fault('task.fails');
    if (end.noFiles) counter.fault('task.noFiles');
    return desk.deliver(task, end, afterMs);
  }

  function end(task: EmulatedTask, verdict?: Verdict): boolean {
    if (task.end) return false;
    const delayMs = task.draw.amount(faultsOf(task).callback?.delayMs ?? 0, 'callback.delayMs');
    if (delayMs > 0) counter.fault('callback.delayMs');
    void finish(task, verdict, delayMs);
    callOff.get(task)?.();
    return true;
  }

  return {
    end,
    begin(task) {
      register.add(task);
      counter.add('tasksMade');
      if (task.callbackUrl !== undefined && task.draw.hits(faultsOf(task).callback?.early, 'callback.early')) {
        counter.fault('callback.early');
        return finish(task, undefined, 0);
      }
      if (!Number.isFinite(task.runningMs)) {
        counter.fault('task.stuck');
        return Promise.resolve();
      }
      // A task that will end owes its callback from the start: `idle` waits for it.
      if (task.callbackUrl !== undefined) outstanding.start();
      const stop = timers.after(task.pendingMs + task.runningMs, () => void end(task));
      callOff.set(task, () => {
        stop();
        callOff.delete(task);
        if (task.callbackUrl !== undefined) outstanding.end();
      });
      return Promise.resolve();
    },
  };
}
