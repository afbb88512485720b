import type { StoreLimits, TaskStore } from '@tasklatch/core';
import { ClassicLevel } from 'classic-level';
import { rowStore } from './row-store/row-store.js';

export interface LevelStoreOptions extends Partial<StoreLimits> {
  /** Where LevelDB keeps its files. Of one process at a time: LevelDB locks it, and a second `levelStore` rejects. */
  readonly folder: string;
}

/** Keeps tasks in a LevelDB folder, each as one JSON text. What an act answered for is on disk. */
export async function levelStore({ folder, ...options }: LevelStoreOptions): Promise<TaskStore> {
  const db = new ClassicLevel(folder);
  await db.open();
  const rows = db.sublevel('rows');
  // Read in the order of the keys: for the quarantine, that of arrival.
  const quarantine = db.sublevel('quarantine');

  const operations = <T>(sublevel: typeof rows, changes: ReadonlyMap<string, T | null>) =>
    [...changes].map(([key, value]) =>
      value === null
        ? { type: 'del' as const, sublevel, key }
        : { type: 'put' as const, sublevel, key, value: JSON.stringify(value) },
    );

  const store = rowStore({
    ...options,
    name: 'level',
    saved: { rows: await valuesOf(rows), quarantine: await valuesOf(quarantine) },
    async save(changes) {
      // Before the batch: what JSON can't hold is refused, and that is no failure of the database.
      const batch = [...operations(rows, changes.rows), ...operations(quarantine, changes.quarantine)];
      try {
        await db.batch(batch, { sync: true });
      } catch (error) {
        // It may be on disk or not, and what LevelDB appends to a torn log it may skip when it reads it. Opening heals the log.
        await db.close();
        throw error;
      }
    },
  });
  return { ...store, close: () => db.close() };
}

async function valuesOf<T>(sublevel: { values(): { all(): Promise<string[]> } }): Promise<T[]> {
  return (await sublevel.values().all()).map((text) => JSON.parse(text));
}
