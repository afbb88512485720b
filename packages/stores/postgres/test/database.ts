import { randomBytes } from 'node:crypto';
import pg from 'pg';
import postgres from 'postgres';
import { inject } from 'vitest';

const given = inject('databaseUrl');
if (given === null) throw new Error('These tests need a PostgreSQL server: set DATABASE_URL, or install one.');

/** The server all test files share: each uses schemas of its own. */
export const databaseUrl: string = given;

export const freshSchema = (): string => `t_${randomBytes(8).toString('hex')}`;

/** Pools that end with `close`, and schemas that are dropped then. */
export function testDatabase(url = databaseUrl) {
  const admin = new pg.Pool({ connectionString: url, max: 2 });
  const ends: (() => Promise<unknown>)[] = [];
  const schemas: string[] = [];
  return {
    admin,
    schema(): string {
      const schema = freshSchema();
      schemas.push(schema);
      return schema;
    },
    pool(config: pg.PoolConfig = {}): pg.Pool {
      const pool = new pg.Pool({ connectionString: url, max: 6, connectionTimeoutMillis: 5000, ...config });
      // Idle connections that the server ends are no failure of a test.
      pool.on('error', () => {});
      ends.push(() => pool.end());
      return pool;
    },
    sql(config: postgres.Options<Record<string, never>> = {}) {
      const sql = postgres(url, { max: 6, onnotice: () => {}, ...config });
      ends.push(() => sql.end({ timeout: 1 }));
      return sql;
    },
    async close(): Promise<void> {
      await Promise.all(ends.map((end) => end()));
      for (const schema of schemas) await admin.query(`drop schema if exists ${schema} cascade`);
      await admin.end();
    },
  };
}
