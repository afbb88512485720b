import type { StoreLimits } from '@tasklatch/core';
import type { StoreUnderTest } from '@tasklatch/testing';
import type pg from 'pg';
import type postgres from 'postgres';
import { fromPostgresJs, postgresStore, type Queryable, type TxOf } from '../src/index.js';
import { testDatabase } from './database.js';

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

export const storeOnPg = (limits?: Partial<StoreLimits>) =>
  storeOn<pg.Pool>(
    (database) => database.pool(),
    (tx, text, word) => tx.query(text, [word]),
    limits,
  );

export const storeOnPostgresJs = (limits?: Partial<StoreLimits>) =>
  storeOn(
    (database) => fromPostgresJs<postgres.Sql>(database.sql()),
    (tx, text, word) => tx.unsafe(text, [word]),
    limits,
  );
