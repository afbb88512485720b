import { isTasklatchError } from '@tasklatch/core';
import { aDraft, testAgainstReference, testPromises, testStoreContract } from '@tasklatch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeStore, makeStoreOnOneConnection } from '../test/make-store.js';
import { tempFile } from '../test/temp-file.js';
import { openFile } from './driver.js';
import { sqliteStore } from './sqlite-store.js';

const runner = { describe, it, expect, beforeAll, afterAll };

testStoreContract('sqlite', makeStore, runner);
testStoreContract('sqlite on one connection', makeStoreOnOneConnection, runner);
testPromises('sqlite', makeStore, runner);
testAgainstReference('sqlite', makeStore, runner);

it('flushes every commit: write-ahead log, synchronous in full', async () => {
  const temp = await tempFile();
  const database = openFile(temp.file);
  const store = sqliteStore({ database });
  await store.open(aDraft());
  expect(database.prepare('PRAGMA journal_mode').all()).toMatchObject([{ journal_mode: 'wal' }]);
  const FULL = 2;
  expect(database.prepare('PRAGMA synchronous').all()).toMatchObject([{ synchronous: FULL }]);
  await store.close();
  await temp.remove();
});

it('needs a file or a database, and not both', () => {
  for (const options of [{}, { file: 'tasks.db', database: () => ({}) as never }]) {
    const make = () => sqliteStore(options);
    expect(make).toThrow(/`file` or `database`/);
    try {
      make();
    } catch (error) {
      expect(isTasklatchError(error, 'invalid_options')).toBe(true);
    }
  }
});
