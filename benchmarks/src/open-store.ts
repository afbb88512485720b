import { join } from 'node:path';
import { memoryStore, type TaskStore } from '@tasklatch/core';
import { postgresStore } from '@tasklatch/postgres';
import { fromIoredis, redisStore } from '@tasklatch/redis';
import { type SqliteTx, sqliteStore } from '@tasklatch/sqlite';
import { Redis } from 'ioredis';
import pg from 'pg';
import { openSqlite } from './open-sqlite.js';
import type { Services, StoreName } from './services.js';

/** A store with its defaults, empty, and rows of an app beside it. */
export interface OpenStore {
  readonly name: StoreName;
  /**
   * The store for one run: in memory a new one, since what piled up would slow the next run and everything else in this process; on
   * a server or a disk the same one, with what earlier runs left in it. A `tx` goes back to the store it came from.
   */
  store(): TaskStore<unknown>;
  /** Writes one row of the app, by itself or through the `tx` of an effect. Left out where the app's data can't be in the store. */
  readonly appWrite?: (taskId: string, tx?: unknown) => Promise<unknown>;
  close(): Promise<void>;
}

const CREATE = 'CREATE TABLE app_row (task_id TEXT NOT NULL)';
const INSERT = 'INSERT INTO app_row (task_id) VALUES';

/** `space` keeps apart what two stores on the same server hold: lower-case letters, digits and underscores. */
export async function openStore(name: StoreName, services: Services, space: string): Promise<OpenStore> {
  switch (name) {
    case 'memory':
      return { name, store: () => memoryStore(), close: async () => {} };
    case 'sqlite': {
      const open = () => openSqlite(join(services.folder, `${space}.db`));
      const app = open();
      app.exec(CREATE);
      const store = sqliteStore({ database: open });
      return {
        name,
        store: () => store,
        async appWrite(taskId, tx) {
          // What the SQLite store hands to effects.
          const database = tx === undefined ? app : await (tx as SqliteTx<typeof app>).begin();
          return database.prepare(`${INSERT} (?)`).run(taskId);
        },
        async close() {
          await store.close();
          app.close();
        },
      };
    }
    case 'postgres': {
      const pool = openPool(services.databaseUrl);
      const store = postgresStore({ query: pool, schema: space });
      await store.migrate();
      const table = `${space}_app.app_row`;
      await pool.query(`CREATE SCHEMA ${space}_app; ${CREATE.replace('app_row', table)}`);
      const insert = { name: 'app_row', text: `INSERT INTO ${table} (task_id) VALUES ($1)` };
      return {
        name,
        store: () => store,
        // What the PostgreSQL store hands to effects: the pool's own client.
        appWrite: (taskId, tx = pool) => (tx as pg.Pool | pg.PoolClient).query({ ...insert, values: [taskId] }),
        async close() {
          await store.close?.();
          await pool.end();
        },
      };
    }
    case 'redis': {
      const redis = new Redis(services.redisUrl);
      const store = redisStore({ sendCommand: fromIoredis(redis), prefix: space });
      return {
        name,
        store: () => store,
        async close() {
          await store.close?.();
          redis.disconnect();
        },
      };
    }
  }
}

/** pg's pool with its default of ten connections, which are kept: between two rounds a variant waits longer than the default of ten seconds. */
export const openPool = (databaseUrl: string): pg.Pool =>
  new pg.Pool({ connectionString: databaseUrl, idleTimeoutMillis: 0 });
