import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { LedgerEntry, StoreLimits, TaskStore } from '@tasklatch/core';
import { rowStore } from '../row-store/row-store.js';
import type { TaskRow } from '../row-store/task-row.js';

export interface FileStoreOptions extends Partial<StoreLimits> {
  /** The log. Of one process at a time. */
  readonly file: string;
}

/** Keeps tasks in a file: a log of changes, one JSON line for each act, on disk before the act answers. */
export async function fileStore({ file, ...options }: FileStoreOptions): Promise<TaskStore> {
  const rows = new Map<string, TaskRow | null>();
  const quarantine = new Map<string, LedgerEntry | null>();
  for (const line of await linesOf(file)) {
    for (const [id, row] of line.rows) rows.set(id, row);
    for (const [id, entry] of line.quarantine) quarantine.set(id, entry);
  }
  const there = <T>(all: ReadonlyMap<string, T | null>): T[] => [...all.values()].filter((item) => item !== null);

  // What is gone stays in the log until the next start, when the log begins anew with what is there.
  const log = await open(`${file}.new`, 'w');
  let size = 0;
  async function write(changes: Line): Promise<void> {
    const line = Buffer.from(`${JSON.stringify(changes)}\n`);
    for (let done = 0; done < line.length; ) {
      done += (await log.write(line, done, line.length - done, size + done)).bytesWritten;
    }
    await log.datasync();
    // Only now: what failed to be written is overwritten by the next act.
    size += line.length;
  }
  await write({
    rows: there(rows).map((row) => [row.task.id, row]),
    quarantine: there(quarantine).map((entry) => [entry.id, entry]),
  });
  await rename(`${file}.new`, file);
  await syncFolder(dirname(file));

  const store = rowStore({
    ...options,
    name: 'file',
    // A Map keeps the order in which keys were first put in: for the quarantine, that of arrival.
    saved: { rows: there(rows), quarantine: there(quarantine) },
    save: (changes) => write({ rows: [...changes.rows], quarantine: [...changes.quarantine] }),
  });
  return { ...store, close: () => log.close() };
}

/** What one act changed: the new value by id, null for what is gone. */
interface Line {
  readonly rows: readonly (readonly [id: string, row: TaskRow | null])[];
  readonly quarantine: readonly (readonly [id: string, entry: LedgerEntry | null])[];
}

/** The lines that were written whole. After the first that was not, nothing was ever answered for. */
async function linesOf(file: string): Promise<readonly Line[]> {
  const lines: Line[] = [];
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  for (const line of text.split('\n').slice(0, -1)) {
    try {
      lines.push(JSON.parse(line));
    } catch {
      break;
    }
  }
  return lines;
}

/** A new name is safe on disk only when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync();
  await handle.close();
}
