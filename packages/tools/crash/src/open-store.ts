import type { TaskStore } from '@tasklatch/core';
import { postgresStore } from '@tasklatch/postgres';
import { fromIoredis, redisStore, subscribeIoredis } from '@tasklatch/redis';
import { type SqliteTx, sqliteStore } from '@tasklatch/sqlite';
import { Redis } from 'ioredis';
import Libsql from 'libsql';
import pg from 'pg';

export type StoreName = 'postgres' | 'redis' | 'sqlite';
export const STORES: readonly StoreName[] = ['postgres', 'redis', 'sqlite'];

/** A store as one process opens it, and beside it the table `words`, to which effects write in their transaction. */
export interface OpenStore<Tx> {
  readonly store: TaskStore<Tx>;
  /** Makes the tables. Once, before anybody else opens it. */
  setUp(): Promise<void>;
  /** Undefined where effects have no transaction. */
  readonly write: ((tx: Tx, word: string) => Promise<void>) | undefined;
  words(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export function openSqlite(file: string): OpenStore<SqliteTx> {
  const store = sqliteStore({ file });
  const table = new Libsql(file);
  return {
    store,
    async setUp() {
      table.exec('CREATE TABLE words (word TEXT NOT NULL)');
      await store.list({ limit: 1 });
    },
    async write(tx, word) {
      (await tx.begin()).prepare('INSERT INTO words VALUES (?)').run(word);
    },
    // The cast: the table has this one column.
    words: async () => (table.prepare('SELECT word FROM words').all() as { word: string }[]).map(({ word }) => word),
    async close() {
      await store.close();
      table.close();
    },
  };
}

export function openPostgres(url: string): OpenStore<pg.PoolClient> {
  const pool = new pg.Pool({ connectionString: url, max: 8, connectionTimeoutMillis: 2_000 });
  // The server is killed under it: whoever waits for an answer is told, an idle connection is simply gone.
  pool.on('error', () => {});
  const store = postgresStore({
    query: pool,
    timeoutMs: 3_000,
    listen: () => new pg.Client({ connectionString: url }),
  });
  return {
    store,
    async setUp() {
      await store.migrate();
      await pool.query('CREATE TABLE words (word text NOT NULL)');
    },
    async write(tx, word) {
      await tx.query('INSERT INTO words VALUES ($1)', [word]);
    },
    words: async () => (await pool.query<{ word: string }>('SELECT word FROM words')).rows.map(({ word }) => word),
    async close() {
      await store.close?.();
      await pool.end();
    },
  };
}

export function openRedis(url: string): OpenStore<undefined> {
  const redis = new Redis(url, { maxRetriesPerRequest: 1, retryStrategy: () => 100, commandTimeout: 3_000 });
  redis.on('error', () => {});
  const store = redisStore({
    sendCommand: fromIoredis(redis),
    subscribe: subscribeIoredis(redis),
    durability: 'fsync',
  });
  return {
    store,
    setUp: async () => {},
    write: undefined,
    words: async () => [],
    async close() {
      await store.close?.();
      redis.disconnect();
    },
  };
}

/** For those who need no transaction. */
export function openStore(store: StoreName, address: string) {
  if (store === 'sqlite') return openSqlite(address);
  return store === 'postgres' ? openPostgres(address) : openRedis(address);
}
