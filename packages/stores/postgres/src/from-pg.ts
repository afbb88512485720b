import type { Database, Row, Run, Statement } from './database.js';
import { sqlState } from './sql-state.js';

/** What is used of a `Pool` of `pg`, or of one that is made alike (Neon's). */
export interface PgPool {
  query(statement: PgStatement): Promise<{ readonly rows: readonly unknown[] }>;
  // Its answer is the client whose type the user's handlers see: `ClientOf`.
  connect(): Promise<unknown>;
  /** Tells a pool from a client, which can't run two transactions side by side. */
  readonly totalCount: number;
}

/** The type of client a pool hands out. Written for pg's two overloads of `connect`. */
export type ClientOf<Pool> = Pool extends { connect: { (): Promise<infer Client>; (callback: never): unknown } }
  ? Client
  : Pool extends { connect(): Promise<infer Client> }
    ? Client
    : unknown;

interface PgStatement {
  name?: string;
  text: string;
  values: (string | null)[];
  query_timeout?: number;
}

interface PgClient {
  query(statement: PgStatement): Promise<{ readonly rows: readonly Row[] }>;
  release(error?: boolean): void;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  off(event: 'error', listener: (error: unknown) => void): unknown;
}

export function fromPg<Pool extends PgPool>(pool: Pool): Database<ClientOf<Pool>> {
  let prepares = true;
  const runWith =
    (client: { query(statement: PgStatement): Promise<{ readonly rows: readonly unknown[] }> }): Run =>
    async (statement) => {
      const send = async () => (await client.query(toPg(statement, prepares))).rows as readonly Row[];
      try {
        return await send();
      } catch (error) {
        // A pooler that gives each transaction another connection, and doesn't keep track of prepared statements. Nothing was run.
        if (!prepares || statement.name === undefined || !STATEMENT_LOST.has(sqlState(error))) throw error;
        prepares = false;
        return await send();
      }
    };
  return {
    run: runWith(pool),
    async transaction(timeoutMs, work) {
      // The one cast: `PgPool` leaves the client's type to the pool, and what a pool hands out has these methods.
      const client = (await pool.connect()) as PgClient & ClientOf<Pool>;
      // A connection that is lost between two statements says so by this event, which nobody else listens to.
      const lost = () => {};
      client.on('error', lost);
      const say = (text: string) => client.query({ text, values: [], query_timeout: timeoutMs });
      let broken = false;
      try {
        await say('begin isolation level read committed');
        const answer = await work(client, runWith(client));
        await say('commit');
        return answer;
      } catch (error) {
        await say('rollback').catch(() => {
          broken = true;
        });
        throw error;
      } finally {
        client.off('error', lost);
        client.release(broken);
      }
    },
  };
}

/** invalid_sql_statement_name, duplicate_prepared_statement */
const STATEMENT_LOST = new Set(['26000', '42P05']);

const toPg = ({ text, params, name, timeoutMs }: Statement, prepares: boolean): PgStatement => ({
  text,
  values: [...params],
  // pg ends the connection then, so that a dead one is not used again.
  query_timeout: timeoutMs,
  ...(name !== undefined && prepares && { name }),
});
