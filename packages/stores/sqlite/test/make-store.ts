import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MakeStore } from '@tasklatch/testing';
import { openFile } from '../src/driver.js';
import { type SqliteTx, sqliteStore } from '../src/index.js';

/** An empty store in a new file, and beside its tables one that effects of the tests write to. */
export const makeStore: MakeStore<SqliteTx> = async (limits) => {
  const folder = await mkdtemp(join(tmpdir(), 'tasklatch-sqlite-'));
  const file = join(folder, 'tasks.db');
  const database = openFile(file);
  database.exec('CREATE TABLE words (word TEXT NOT NULL)');
  const store = sqliteStore({ file, ...limits });
  return {
    store,
    second: async () => sqliteStore({ file, ...limits }),
    scratch: {
      async write(tx, word) {
        (await tx.begin()).prepare('INSERT INTO words VALUES (?)').run(word);
      },
      // The cast: the table above has this one column.
      words: async () =>
        (database.prepare('SELECT word FROM words').all() as { word: string }[]).map(({ word }) => word),
    },
    async close() {
      await store.close();
      database.close?.();
      await rm(folder, { recursive: true });
    },
  };
};
