import type { EmulatedTask } from './task.js';

/** The tasks of one emulator, bounded: the oldest ended task makes room for a new one. */
export interface TaskRegister {
  get(id: string): EmulatedTask | undefined;
  /** Whether there is room, or an ended task that can make some. */
  hasRoom(): boolean;
  add(task: EmulatedTask): void;
  /** Some other task than this one: the newest. */
  other(task: EmulatedTask): EmulatedTask | undefined;
  all(): Iterable<EmulatedTask>;
  /** Counts a submit with this marker; returns how many there were, with this one. */
  seen(marker: string): number;
  submitsOf(marker: string): number;
}

/** How many tasks at the old end are looked at for one that has ended. */
const LOOK_BACK = 100;

export function createTaskRegister(limit: number): TaskRegister {
  const tasks = new Map<string, EmulatedTask>();
  const markers = new Map<string, number>();
  let newest: EmulatedTask | undefined;
  let second: EmulatedTask | undefined;

  function oldestEnded(): EmulatedTask | undefined {
    let looked = 0;
    for (const task of tasks.values()) {
      if (task.end) return task;
      if (++looked === LOOK_BACK) return undefined;
    }
    return undefined;
  }

  return {
    get: (id) => tasks.get(id),
    hasRoom: () => tasks.size < limit || oldestEnded() !== undefined,
    add(task) {
      const gone = tasks.size < limit ? undefined : oldestEnded();
      if (gone) tasks.delete(gone.id);
      tasks.set(task.id, task);
      second = newest;
      newest = task;
    },
    other: (task) => (newest === task ? second : newest),
    all: () => tasks.values(),
    seen(marker) {
      const count = (markers.get(marker) ?? 0) + 1;
      // Taken out first, so that the marker seen longest ago is the first to go.
      markers.delete(marker);
      markers.set(marker, count);
      const oldest = markers.keys().next();
      if (markers.size > limit && !oldest.done) markers.delete(oldest.value);
      return count;
    },
    submitsOf: (marker) => markers.get(marker) ?? 0,
  };
}
