import type { MakeStore, StoreUnderTest } from '@tasklatch/testing';
import { openFile } from '../src/driver.js';
import { type SqliteStoreOptions, type SqliteTx, sqliteStore } from '../src/index.js';
import { tempFile } from './temp-file.js';

/** An empty store in a new file, and beside its tables one that effects of the tests write to. */
export const makeStore: MakeStore<SqliteTx> = (limits) => make((file) => ({ ...limits, file }));

/** The same with one connection given, which effects share with everything else. */
export const makeStoreOnOneConnection: MakeStore<SqliteTx> = async (limits) => {
  const { second: _, ...under } = await make((file) => ({ ...limits, database: openFile(file) }));
  return under;
};

async function make(
  options: (file: string) => SqliteStoreOptions,
): Promise<StoreUnderTest<SqliteTx> & Required<Pick<StoreUnderTest<SqliteTx>, 'second'>>> {
  const temp = await tempFile();
  temp.exec('CREATE TABLE words (word TEXT NOT NULL)');
  // An hour off, so that a store which reads another clock is noticed; and it can be moved on.
  let ahead = 3_600_000;
  const now = () => Math.floor(performance.timeOrigin + performance.now()) + ahead;
  const open = () => sqliteStore({ ...options(temp.file), clock: { now } });
  const store = open();
  return {
    store,
    second: async () => open(),
    now,
    async advance(ms) {
      ahead += ms;
    },
    scratch: {
      async write(tx, word) {
        (await tx.begin()).prepare('INSERT INTO words VALUES (?)').run(word);
      },
      words: async () => temp.words(),
    },
    async close() {
      await store.close();
      await temp.remove();
    },
  };
}
