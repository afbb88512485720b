import type { StoreLimits } from '@tasklatch/core';
import { type StoreUnderTest, testStoreContract } from '@tasklatch/testing';
import type pg from 'pg';
import type postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromPostgresJs, postgresStore, type Queryable, type TxOf } from '../src/index.js';
import { testDatabase } from './database.js';

const runner = { describe, it, expect, beforeAll, afterAll };

/** A store on a schema of its own, as the contract wants it. */
async function storeOn<Query extends Queryable>(
  connect: (database: ReturnType<typeof testDatabase>) => Query,
  write: (tx: TxOf<Query>, text: string, word: string) => Promise<unknown>,
  limits: Partial<StoreLimits> = {},
): Promise<StoreUnderTest<TxOf<Query>>> {
  const database = testDatabase();
  const schema = database.schema();
  const { admin } = database;
  const store = postgresStore({ query: connect(database), schema, ...limits });
  await store.migrate();
  await admin.query(`create table ${schema}.scratch (word text not null)`);
  return {
    store,
    second: async () => postgresStore({ query: connect(database), schema, ...limits }),
    now: async () => {
      const { rows } = await admin.query('select floor(extract(epoch from clock_timestamp()) * 1000)::text as now');
      return Number(rows[0].now);
    },
    scratch: {
      write: async (tx, word) => void (await write(tx, `insert into ${schema}.scratch values ($1)`, word)),
      words: async () => (await admin.query(`select word from ${schema}.scratch`)).rows.map(({ word }) => word),
    },
    async close() {
      await store.close?.();
      await database.close();
    },
  };
}

testStoreContract(
  'postgresStore on pg',
  (limits) =>
    storeOn<pg.Pool>(
      (database) => database.pool(),
      (tx, text, word) => tx.query(text, [word]),
      limits,
    ),
  runner,
);

testStoreContract(
  'postgresStore on postgres.js',
  (limits) =>
    storeOn(
      (database) => fromPostgresJs<postgres.Sql>(database.sql()),
      (tx, text, word) => tx.unsafe(text, [word]),
      limits,
    ),
  runner,
);
