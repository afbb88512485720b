import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, Listen, Row, Run } from './database.js';
import { type Begin, beginSafely } from './postgres-js-transaction.js';

/** What is used of postgres.js, in a transaction and outside. */
interface Unsafe {
  unsafe(text: string, params: (string | null)[], options: { prepare: boolean }): PromiseLike<readonly unknown[]>;
}

interface PostgresJs extends Unsafe {
  readonly options: { readonly prepare?: boolean };
  listen(
    channel: string,
    heard: (payload: string) => void,
    listening: () => void,
  ): PromiseLike<{ unlisten(): Promise<void> }>;
}

/** The type of `tx` in `sql.begin(tx => …)`. */
type TransactionOf<Sql> = Sql extends {
  begin: { (work: infer Work): unknown; (options: string, work: never): unknown };
}
  ? Work extends (tx: infer Tx) => unknown
    ? Tx
    : unknown
  : unknown;

/** A postgres.js `sql` for `postgresStore`. Its `prepare: false` is respected; LISTEN takes a connection of its own. */
export function fromPostgresJs<Sql extends PostgresJs & { begin: unknown }>(sql: Sql): Database<TransactionOf<Sql>> {
  const runWith =
    (client: Unsafe): Run =>
    async ({ text, params, name }) => {
      const prepare = name !== undefined && sql.options.prepare !== false;
      return (await client.unsafe(text, [...params], { prepare })) as readonly Row[];
    };
  return {
    run: runWith(sql),
    transaction: (_timeoutMs, work) =>
      // The cast says what `TransactionOf` says: what `begin` hands to its function.
      beginSafely(sql.begin as Begin<TransactionOf<Sql> & Unsafe>, (tx) => work(tx, runWith(tx))),
    listen: (channel, heard) => listenOn(sql, channel, heard),
  };
}

/** Nobody waits longer than this for the first try. */
const FIRST_TRY_MS = 5_000;

/** postgres.js makes the connection and makes it again when it is lost; it says so each time by the third argument. */
const listenOn = async (sql: PostgresJs, ...[channel, heard]: Parameters<Listen>): Promise<() => Promise<void>> => {
  let stopped = false;
  let missed = false;
  const listening = sql.listen(
    channel,
    (payload) => stopped || heard(payload),
    () => {
      if (missed && !stopped) heard(null);
      missed = true;
    },
  );
  // A first try that failed is tried again too, but can't be taken back: from `stop` on nobody hears it.
  const unlisten: Promise<() => Promise<void>> = Promise.resolve(listening).then(
    (listener) => () => listener.unlisten(),
    () => async () => {},
  );
  const patience = new AbortController();
  await Promise.race([unlisten, sleep(FIRST_TRY_MS, undefined, { signal: patience.signal }).catch(() => {})]);
  patience.abort();
  return async () => {
    stopped = true;
    // Not waited for: it may hang on a connection that is half dead.
    unlisten.then((end) => end()).catch(() => {});
  };
};
