import type { Database, Row, Statement } from './database.js';
import { sqlState } from './sql-state.js';

/** What is used of a `Pool` of `pg`, or of one that is made alike (Neon's). */
export interface PgPool {
  query(statement: PgStatement): Promise<{ readonly rows: readonly unknown[] }>;
  // Its answer is the client whose type the user's handlers see: `ClientOf`.
  connect(): Promise<unknown>;
  connect(callback: (error: Error | undefined, client: never) => void): void;
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
  const send = async (client: Pick<PgClient, 'query'> | Pool, statement: PgStatement): Promise<readonly Row[]> =>
    // Whatever the rows are, they have their columns by name.
    (await client.query(statement)).rows as readonly Row[];
  return {
    async run(statement) {
      const { name } = statement;
      if (!prepares || name === undefined) return send(pool, toPg(statement));
      try {
        return await send(pool, { ...toPg(statement), name });
      } catch (error) {
        // A pooler that gives each transaction another connection, and doesn't keep track of prepared statements. Nothing was run.
        if (!STATEMENT_LOST.has(sqlState(error))) throw error;
        prepares = false;
        return send(pool, toPg(statement));
      }
    },
    async transaction(timeoutMs, work) {
      const client = await connect(pool);
      const say = (text: string) => client.query({ text, values: [], query_timeout: timeoutMs });
      let broken = false;
      try {
        await say('begin isolation level read committed');
        const answer = await work(client, (statement) => send(client, toPg(statement)));
        await say('commit');
        return answer;
      } catch (error) {
        await say('rollback').catch(() => {
          broken = true;
        });
        throw error;
      } finally {
        client.off('error', ignore);
        client.release(broken);
      }
    },
  };
}

/** A connection that is lost between two statements says so by an event, which ends the process when nobody listens. */
const ignore = (): void => {};

/** By callback, because a promise would be too late: the loss can be in the same packet as the answer before it. */
const connect = <Pool extends PgPool>(pool: Pool): Promise<PgClient & ClientOf<Pool>> =>
  new Promise((resolve, reject) => {
    // The one cast: `PgPool` leaves the client's type to the pool, and what a pool hands out has these methods.
    pool.connect((error: Error | undefined, client: PgClient & ClientOf<Pool>) => {
      if (error) return reject(error);
      client.on('error', ignore);
      resolve(client);
    });
  });

/** invalid_sql_statement_name, duplicate_prepared_statement */
const STATEMENT_LOST = new Set(['26000', '42P05']);

const toPg = ({ text, params, timeoutMs }: Statement): PgStatement => ({
  text,
  values: [...params],
  // pg ends the connection then, so that a dead one is not used again.
  query_timeout: timeoutMs,
});
