import { isTasklatchError } from '@tasklatch/core';
import { testAgainstReference, testPromises, testStoreContract } from '@tasklatch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeStore, makeStoreOnOneConnection } from '../test/make-store.js';
import { sqliteStore } from './sqlite-store.js';

const runner = { describe, it, expect, beforeAll, afterAll };

testStoreContract('sqlite', makeStore, runner);
testStoreContract('sqlite on one connection', makeStoreOnOneConnection, runner);
testPromises('sqlite', makeStore, runner);
testAgainstReference('sqlite', makeStore, runner);

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
