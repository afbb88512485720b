import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskStore } from '@tasklatch/core';
import { aDraft, aFact, faultProxy } from '@tasklatch/testing';
import pg from 'pg';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromPostgresJs, migrate, postgresStore } from '../src/index.js';
import { pgListen } from '../src/pg-listen.js';
import { databaseUrl, testDatabase } from './database.js';

const database = testDatabase();
const schema = database.schema();
const { admin } = database;
beforeAll(() => migrate({ query: admin, schema }));
afterAll(() => database.close());

const teller = postgresStore({ query: admin, schema });
const server = new URL(databaseUrl);
const throughPort = (port: number): string => {
  const url = new URL(server);
  url.host = `127.0.0.1:${port}`;
  return url.href;
};

/** Opens tasks until `heard` says that the news of one arrived, for at most twenty seconds. */
async function newsArrive(heard: readonly string[]): Promise<boolean> {
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(50)) {
    const { id } = (await teller.open(aDraft())).task;
    await sleep(50);
    if (heard.includes(`task ${id}`)) return true;
  }
  return false;
}

async function eventually(question: () => boolean): Promise<boolean> {
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(20)) if (question()) return true;
  return false;
}

type Listening = (url: string) => { store: Pick<TaskStore, 'listen' | 'close'>; end(): Promise<unknown> };
const listeners: readonly (readonly [string, Listening])[] = [
  [
    'pg',
    (url) => {
      const options = { query: async () => [], schema, listen: () => new pg.Client(url) };
      return { store: postgresStore(options), end: async () => {} };
    },
  ],
  [
    'postgres.js',
    (url) => {
      const sql = postgres(url, { max: 1, onnotice: () => {} });
      const store = postgresStore({ query: fromPostgresJs(sql), schema }) as unknown as ReturnType<
        typeof postgresStore
      >;
      return { store, end: () => sql.end({ timeout: 1 }) };
    },
  ],
];

describe.each(listeners)('listening with %s', (_, listening) => {
  const hear = async (url: string) => {
    const heard: string[] = [];
    const { store, end } = listening(url);
    const stop = await store.listen?.((what, taskId) => heard.push(`${what} ${taskId}`));
    return {
      heard,
      async close() {
        await stop?.();
        await store.close?.();
        await end();
      },
    };
  };

  it('hears news again after its connection was lost, and that it may have missed some', async () => {
    const name = `l${randomUUID().slice(0, 8)}`;
    const url = new URL(server);
    url.searchParams.set('application_name', name);
    const { heard, close } = await hear(url.href);
    expect(await newsArrive(heard)).toBe(true);
    heard.length = 0;
    const { rowCount } = await admin.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1',
      [name],
    );
    expect(rowCount).toBeGreaterThan(0);
    expect(await eventually(() => heard.includes('task null') && heard.includes('effect null'))).toBe(true);
    expect(await newsArrive(heard)).toBe(true);
    await close();
  });

  it('begins to hear when the server can be reached, and is no failure before', async () => {
    const proxy = await faultProxy({ port: Number(server.port || 5432), host: server.hostname });
    await proxy.refuse();
    const { heard, close } = await hear(throughPort(proxy.port));
    await proxy.heal();
    expect(await newsArrive(heard)).toBe(true);
    await close();
    await proxy.close();
  });

  it('says nothing any more once it was stopped', async () => {
    const { heard, close } = await hear(databaseUrl);
    expect(await newsArrive(heard)).toBe(true);
    await close();
    heard.length = 0;
    await teller.open(aDraft());
    await sleep(100);
    expect(heard).toEqual([]);
  });
});

it('notices with pg when the other end went away without a word', async () => {
  const proxy = await faultProxy({ port: Number(server.port || 5432), host: server.hostname });
  const heard: (string | null)[] = [];
  let made = 0;
  const makeClient = () => {
    made += 1;
    return new pg.Client(throughPort(proxy.port));
  };
  const stop = await pgListen(makeClient, 200)(schema, (payload) => heard.push(payload));
  expect(made).toBe(1);
  proxy.stall();
  expect(await eventually(() => made > 1)).toBe(true);
  await proxy.heal();
  expect(await eventually(() => heard.includes(null))).toBe(true);
  await stop();
  await proxy.close();
});

it('tells once for a whole batch, after its commit, in messages that are small enough', async () => {
  const own = database.schema();
  const store = postgresStore({ query: database.pool(), schema: own });
  await store.migrate();
  const client = new pg.Client(databaseUrl);
  await client.connect();
  await client.query(`listen ${own}`);
  const payloads: string[] = [];
  client.on('notification', ({ payload }) => payloads.push(payload ?? ''));
  const facts = (count: number) =>
    Array.from({ length: count }, () => {
      const id = randomUUID();
      return aFact({ externalId: id, status: 'succeeded', open: { id, deadlineMs: 1000 } });
    });
  const told = () =>
    new Set(payloads.flatMap((payload) => JSON.parse(payload) as unknown[]).map((news) => `${news}`)).size;
  await store.record(facts(64));
  // Of each task that it changed and that an effect became due.
  expect(await eventually(() => told() === 128)).toBe(true);
  expect(payloads.length).toBe(1);
  await store.record(facts(400));
  expect(await eventually(() => told() === 928)).toBe(true);
  for (const payload of payloads) expect(Buffer.byteLength(payload)).toBeLessThan(8000);
  await client.end();
});

it('tells nobody when it is told not to, and has no `listen` when there is nothing to hear with', async () => {
  const own = database.schema();
  const store = postgresStore({ query: database.pool(), schema: own, notify: false });
  await store.migrate();
  expect(store.listen).toBe(undefined);
  expect(postgresStore({ query: fromPostgresJs(database.sql()), schema: own, listen: false }).listen).toBe(undefined);
  const heard: unknown[] = [];
  const other = postgresStore({ query: admin, schema: own, listen: () => new pg.Client(databaseUrl) });
  const stop = await other.listen?.((...news) => heard.push(news));
  await store.open(aDraft());
  await store.close?.();
  await sleep(100);
  expect(heard).toEqual([]);
  await stop?.();
});
