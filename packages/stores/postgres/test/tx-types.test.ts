import { createTasklatch, type TaskStore } from '@tasklatch/core';
import { scriptedProvider } from '@tasklatch/testing';
import pg from 'pg';
import postgres from 'postgres';
import { expect, expectTypeOf, it } from 'vitest';
import { fromPostgresJs, postgresStore } from '../src/index.js';
import { databaseUrl } from './database.js';

/** The `tx` a store hands to its user's handlers. */
type TxFrom<Store> = Store extends TaskStore<infer Tx> ? Tx : never;

// None of these connects before it is used.
const pool = new pg.Pool({ connectionString: databaseUrl });
const sql = postgres(databaseUrl);

it("gives handlers pg's own client", () => {
  const store = postgresStore({ query: pool });
  expectTypeOf<TxFrom<typeof store>>().toEqualTypeOf<pg.PoolClient>();
  expectTypeOf(store.transact).parameter(2).parameter(0).toEqualTypeOf<pg.PoolClient>();
  const latch = createTasklatch({ store, providers: [scriptedProvider()] });
  latch.onSettled((_, { tx }) => expectTypeOf(tx).toEqualTypeOf<pg.PoolClient>());
  expect(typeof store.transact).toBe('function');
});

it("gives handlers postgres.js's own transaction", () => {
  const store = postgresStore({ query: fromPostgresJs(sql) });
  expectTypeOf<TxFrom<typeof store>>().toEqualTypeOf<postgres.TransactionSql>();
  expectTypeOf(store.transact).parameter(2).parameter(0).toEqualTypeOf<postgres.TransactionSql>();
  expect(typeof store.transact).toBe('function');
});

it('does so too where the store is made in the place it is used', () => {
  const providers = [scriptedProvider()];
  createTasklatch({ store: postgresStore({ query: pool }), providers }).onSettled((_, { tx }) =>
    expectTypeOf(tx).toEqualTypeOf<pg.PoolClient>(),
  );
  createTasklatch({ store: postgresStore({ query: fromPostgresJs(sql) }), providers }).onSettled((_, { tx }) =>
    expectTypeOf(tx).toEqualTypeOf<postgres.TransactionSql>(),
  );
});

it('offers no transaction where there is only a function that runs one statement', () => {
  const store = postgresStore({ query: (text, params) => pool.query(text, [...params]) });
  expectTypeOf<TxFrom<typeof store>>().toEqualTypeOf<undefined>();
  expectTypeOf(store.transact).extract<undefined>().toEqualTypeOf<undefined>();
  const latch = createTasklatch({ store, providers: [scriptedProvider()] });
  latch.onSettled((_, { tx }) => expectTypeOf(tx).toEqualTypeOf<undefined>());
  expect(store.transact).toBe(undefined);
});

it('says how to pass postgres.js when it is passed as it is', () => {
  expect(() => postgresStore({ query: sql as never })).toThrow('fromPostgresJs(sql)');
});

it('refuses a schema that could not be used everywhere', () => {
  for (const schema of ['', 'Upper', 'with space', '1st', 'quo"te', 'x'.repeat(41)]) {
    expect(() => postgresStore({ query: pool, schema })).toThrow('lower-case letters');
  }
});
