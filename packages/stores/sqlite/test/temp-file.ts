import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFile } from '../src/driver.js';

/** A SQLite file in a folder of its own, and a look at it from beside the store. */
export interface TempFile {
  readonly folder: string;
  readonly file: string;
  exec(sql: string): void;
  all<Row>(sql: string): Row[];
  /** All rows of the table `words`, which tests make for their effects. */
  words(): string[];
  /** What SQLite's own check says: "ok". */
  integrity(): string | undefined;
  remove(): Promise<void>;
}

export async function tempFile(): Promise<TempFile> {
  const folder = await mkdtemp(join(tmpdir(), 'tasklatch-sqlite-'));
  const file = join(folder, 'tasks.db');
  let opened: ReturnType<typeof openFile> | undefined;
  const database = () => {
    opened ??= openFile(file);
    return opened;
  };
  // The cast: rows are what the caller's statement selects.
  const all = <Row>(sql: string): Row[] => database().prepare(sql).all() as Row[];
  return {
    folder,
    file,
    exec: (sql) => void database().exec(sql),
    all,
    words: () => all<{ word: string }>('SELECT word FROM words').map(({ word }) => word),
    integrity: () => all<{ integrity_check: string }>('PRAGMA integrity_check')[0]?.integrity_check,
    async remove() {
      opened?.close?.();
      await rm(folder, { recursive: true });
    },
  };
}
