import { readdirSync, readFileSync } from 'node:fs';
import { aDraft, aFact } from '@tasklatch/testing';
import pg from 'pg';
import { afterAll, expect, it } from 'vitest';
import { fromPostgresJs, migrate, postgresStore } from '../src/index.js';
import { CODE_VERSION, inSchema, migrations } from '../src/migrations.js';
import { databaseUrl, freshSchema, testDatabase } from './database.js';

const database = testDatabase();
const { admin } = database;
afterAll(() => database.close());

const versions = async (schema: string): Promise<number[]> =>
  (await admin.query(`select version from ${schema}.migration order by version`)).rows.map(({ version }) => version);

const ALL = migrations().map(({ version }) => version);

it('knows its own version', () => {
  expect(CODE_VERSION).toBe(ALL.at(-1));
  expect(ALL).toEqual(ALL.map((_, index) => index + 1));
});

it('applies each migration once when ten instances start at once', async () => {
  const schema = database.schema();
  const sql = database.sql();
  const pool = database.pool({ max: 10 });
  await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      index % 3 === 0
        ? migrate({ query: fromPostgresJs(sql), schema })
        : index % 3 === 1
          ? migrate({ query: (text, params) => pool.query(text, [...params]), schema })
          : postgresStore({ query: pool, schema }).migrate(),
    ),
  );
  expect(await versions(schema)).toEqual(ALL);
  const { task } = await postgresStore({ query: pool, schema }).open(aDraft());
  expect(task.status).toBe('submitting');
});

it('does nothing when there is nothing to do', async () => {
  const schema = database.schema();
  const store = postgresStore({ query: admin, schema });
  await store.migrate();
  const { task } = await store.open(aDraft());
  await store.migrate();
  expect(await store.get(task)).toEqual(task);
  expect(await versions(schema)).toEqual(ALL);
});

it('goes on from where an older version stopped', async () => {
  const schema = database.schema();
  for (const { version, sql } of migrations()) if (version <= 3) await admin.query(inSchema(sql, schema));
  expect(await versions(schema)).toEqual([1, 2, 3]);
  await migrate({ query: admin, schema });
  expect(await versions(schema)).toEqual(ALL);
});

it('leaves nothing behind when a migration fails', async () => {
  const schema = database.schema();
  await admin.query(`create schema ${schema}; create table ${schema}.quarantine (in_the_way int)`);
  await expect(migrate({ query: admin, schema })).rejects.toThrow('already exists');
  const { rows } = await admin.query('select tablename from pg_tables where schemaname = $1', [schema]);
  expect(rows).toEqual([{ tablename: 'quarantine' }]);
});

it('gives its files to people with a tool of their own: run in order, they make the default schema', async () => {
  const name = `${freshSchema()}_db`;
  await admin.query(`create database ${name}`);
  const url = new URL(databaseUrl);
  url.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: url.href, max: 2 });
  try {
    const folder = new URL('../src/migrations/', import.meta.url);
    for (const file of readdirSync(folder).sort()) await pool.query(readFileSync(new URL(file, folder), 'utf8'));
    expect((await postgresStore({ query: pool }).open(aDraft())).created).toBe(true);
  } finally {
    await pool.end();
    await admin.query(`drop database ${name}`);
  }
});

it('says what to do when the schema is missing, and works as soon as it is there', async () => {
  const schema = database.schema();
  const store = postgresStore({ query: admin, schema });
  const missing = { name: 'TasklatchError', code: 'schema_mismatch' };
  await expect(store.open(aDraft())).rejects.toMatchObject(missing);
  await expect(store.record([aFact()])).rejects.toThrow(`no schema "${schema}"`);
  await expect(store.record([aFact()])).rejects.toThrow('store.migrate()');
  await store.migrate();
  expect((await store.open(aDraft())).created).toBe(true);
});

it('says what to do when the schema is older than the code', async () => {
  const schema = database.schema();
  const store = postgresStore({ query: admin, schema });
  await store.migrate();
  await admin.query(`delete from ${schema}.migration where version = $1`, [CODE_VERSION]);
  await expect(store.open(aDraft())).rejects.toMatchObject({
    code: 'schema_mismatch',
    message: expect.stringMatching(
      `at version ${CODE_VERSION - 1}, and this code needs ${CODE_VERSION}.*migrate\\(\\)`,
    ),
  });
});

it('works on a newer schema that still serves this code, and says so when it does not', async () => {
  const schema = database.schema();
  await migrate({ query: admin, schema });
  const add = (version: number, oldestCode: number) =>
    admin.query(`insert into ${schema}.migration values ($1, 'later', $2)`, [version, oldestCode]);
  await add(CODE_VERSION + 1, 1);
  expect((await postgresStore({ query: admin, schema }).open(aDraft())).created).toBe(true);
  await add(CODE_VERSION + 2, CODE_VERSION + 1);
  await expect(postgresStore({ query: admin, schema }).open(aDraft())).rejects.toMatchObject({
    code: 'schema_mismatch',
    message: expect.stringContaining('Deploy a newer @tasklatch/postgres'),
  });
});

it('notices a schema that goes away under it', async () => {
  const schema = database.schema();
  const store = postgresStore({ query: database.pool(), schema });
  await store.migrate();
  await store.open(aDraft());
  await admin.query(`drop schema ${schema} cascade`);
  await expect(store.open(aDraft())).rejects.toMatchObject({ code: 'schema_mismatch' });
});

it('goes on with its connections and prepared statements while a newer version migrates', async () => {
  const schema = database.schema();
  const store = postgresStore({ query: database.pool({ max: 2 }), schema });
  await store.migrate();
  const live = async () => {
    const draft = aDraft();
    await store.open(draft);
    const fact = aFact({ taskId: draft.id, externalId: draft.id, status: 'succeeded', announce: true });
    const [said] = await store.record([fact]);
    expect(said?.outcome).toBe('settled');
    const want = { claimId: draft.id, leaseMs: 60_000, from: [{ provider: 'acme', limit: 9 }] };
    const leases = await store.claim('effect', want);
    expect(leases).toHaveLength(2);
    for (const lease of leases) expect(await store.finish(lease, { kind: 'done' })).toBe(true);
    expect((await store.ledger({ taskId: draft.id })).entries).toHaveLength(1);
  };
  // Twice on each connection, so that everything is prepared and planned.
  for (let times = 0; times < 6; times += 1) await live();
  // As a next version might: new columns, a new index, new functions beside the old ones.
  await admin.query(`
    alter table ${schema}.task add column priority int not null default 0, add column note text;
    alter table ${schema}.entry add column note text;
    alter table ${schema}.effect add column priority int not null default 0;
    alter table ${schema}.quarantine add column note text;
    create index on ${schema}.task (priority);
    create function ${schema}.record_v2(p_facts text) returns text language sql as 'select p_facts';
    insert into ${schema}.migration values (${CODE_VERSION + 1}, 'priority', 1)`);
  for (let times = 0; times < 6; times += 1) await live();
});

it('refuses a default isolation under which waiting for a lock would not show what the other did', async () => {
  const schema = database.schema();
  await migrate({ query: admin, schema });
  const pool = database.pool({ options: '-c default_transaction_isolation=serializable' });
  await expect(postgresStore({ query: pool, schema }).open(aDraft())).rejects.toThrow('READ COMMITTED');
});
