import type { Clock } from '../clock.js';
import { codeOf, publish } from '../events.js';
import type { TaskStore } from '../store.js';
import { isTerminal, type Task } from '../task.js';
import { pause } from '../time-limit.js';

/** Follows tasks as they change, whoever changes them. */
export interface Watchers {
  /** Something about this task may have changed. */
  notify(taskId: string | null): void;
  /**
   * The task as it is (if it is newer than `after`), then each newer state until it is terminal or `signal` aborts. States that pass while
   * nobody reads are skipped. Ends at once for a task that does not exist.
   */
  watch(taskId: string, signal: AbortSignal, after?: number): AsyncGenerator<Task, void, undefined>;
  readonly size: number;
}

/** How often a watched task is read when nothing says that it changed: a second witness, as polling is for callbacks. */
const LOOK_MS = 1_000;
const LOOK_CAP_MS = 10_000;

export function watchers(store: Pick<TaskStore<unknown>, 'get'>, clock: Clock): Watchers {
  const waiting = new Map<string, Set<() => void>>();
  let size = 0;

  function notify(taskId: string | null): void {
    const wakes = taskId === null ? [...waiting.values()].flatMap((set) => [...set]) : [...(waiting.get(taskId) ?? [])];
    for (const wake of wakes) wake();
  }

  async function* watch(taskId: string, signal: AbortSignal, after = 0): AsyncGenerator<Task, void, undefined> {
    let seen = after;
    let lookMs = LOOK_MS;
    let woken = new AbortController();
    const wake = (): void => woken.abort();
    const set = waiting.get(taskId) ?? new Set();
    waiting.set(taskId, set.add(wake));
    signal.addEventListener('abort', wake);
    size += 1;
    try {
      while (!signal.aborted) {
        woken = new AbortController();
        let task: Task | undefined;
        try {
          task = await store.get({ id: taskId });
          if (task === undefined) return;
        } catch (error) {
          // The store may be back at the next look.
          publish('trouble', { where: 'watch', code: codeOf(error) });
        }
        if (task !== undefined && task.version > seen) {
          seen = task.version;
          lookMs = LOOK_MS;
          yield task;
        }
        if (task !== undefined && isTerminal(task.status)) return;
        await pause(clock, lookMs, woken.signal);
        lookMs = Math.min(lookMs * 1.5, LOOK_CAP_MS);
      }
    } finally {
      size -= 1;
      signal.removeEventListener('abort', wake);
      set.delete(wake);
      if (set.size === 0 && waiting.get(taskId) === set) waiting.delete(taskId);
    }
  }

  return {
    notify,
    watch,
    get size() {
      return size;
    },
  };
}
