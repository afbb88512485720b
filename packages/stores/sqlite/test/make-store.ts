import type { MakeStore, StoreUnderTest } from '@tasklatch/testing';
import { openFile } from '../src/driver.js';
import { type SqliteTx, sqliteStore } from '../src/index.js';
import { type TempFile, tempFile } from './temp-file.js';

/** An empty store in a new file, and beside its tables one that effects of the tests write to. */
export const makeStore: MakeStore<SqliteTx> = async (limits) => {
  const temp = await tempFile();
  const store = sqliteStore({ file: temp.file, ...limits });
  const second = async () => sqliteStore({ file: temp.file, ...limits });
  return { ...underTest(temp, store), second };
};

/** The same with one connection given, so that everything waits while an effect has its transaction open. */
export const makeStoreOnOneConnection: MakeStore<SqliteTx> = async (limits) => {
  const temp = await tempFile();
  const database = openFile(temp.file);
  const under = underTest(temp, sqliteStore({ database, ...limits }));
  return {
    ...under,
    async close() {
      await under.close();
      database.close?.();
    },
  };
};

function underTest(temp: TempFile, store: ReturnType<typeof sqliteStore>): StoreUnderTest<SqliteTx> {
  temp.exec('CREATE TABLE words (word TEXT NOT NULL)');
  return {
    store,
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
