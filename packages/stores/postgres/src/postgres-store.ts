import { DEFAULT_STORE_LIMITS, type StoreLimits, TasklatchError, type TaskStore } from '@tasklatch/core';
import { caller } from './caller.js';
import type { Database } from './database.js';
import type { ClientOf, PgPool } from './from-pg.js';
import { migrate, type Queryable, toDatabase } from './migrate.js';
import { type News, newsIn, notifier } from './notifier.js';
import { type PgListenClient, pgListen } from './pg-listen.js';
import { taskActs } from './task-acts.js';
import { pausableLimit, within } from './time-limit.js';
import { workActs } from './work-acts.js';

export interface PostgresStoreOptions<Query> extends Partial<StoreLimits> {
  /** A `Pool` of `pg`, `fromPostgresJs(sql)`, or the one function that runs a statement. The store never closes it. */
  readonly query: Query;
  /** Lower-case letters, digits, underscores. Default `tasklatch`. */
  readonly schema?: string;
  /**
   * How long a statement may take before the store gives up waiting for it. Default 10 s: a sender gives up about then. With `pg` its
   * connection is given up too.
   */
  readonly timeoutMs?: number;
  /** Whether to prepare statements by name. Default true; with `pg`, a pooler that loses them is noticed. */
  readonly prepare?: boolean;
  /** Whether to tell other instances of news by NOTIFY. Default true. Without it they find out by looking, seconds later. */
  readonly notify?: boolean;
  /**
   * Makes the connection that hears other instances' news, with `pg`: `() => new pg.Client(config)`, directly to the server (a pooler
   * in transaction mode can't LISTEN). Left out with `pg`: nothing is heard. postgres.js needs nothing here; `false` switches it off.
   */
  readonly listen?: (() => PgListenClient | Promise<PgListenClient>) | false;
}

export type PostgresStore<Tx = undefined> = TaskStore<Tx> & {
  /** `migrate` with the options of this store. */
  migrate(): Promise<void>;
} & ([Tx] extends [undefined] ? unknown : Required<Pick<TaskStore<Tx>, 'transact'>>);

/** The type of `tx` that a `query` option leads to; undefined for what can't run transactions. */
export type TxOf<Query> = Query extends PgPool ? ClientOf<Query> : Query extends Database<infer Tx> ? Tx : undefined;

/** The store on PostgreSQL 15 and newer. Call `migrate()` once before the first use. */
export function postgresStore<Query extends Queryable>(
  options: PostgresStoreOptions<Query>,
): PostgresStore<TxOf<Query>> {
  const { query, schema = 'tasklatch', timeoutMs = 10_000, prepare = true } = options;
  if (typeof query === 'function' && 'unsafe' in query) {
    throw new TasklatchError(
      'invalid_options',
      'Pass postgres.js to the PostgreSQL store as `query: fromPostgresJs(sql)`.',
    );
  }
  const limits = { ...DEFAULT_STORE_LIMITS, ...options };
  const { run, transaction, ...database } = toDatabase(query);
  const listen = options.listen ? pgListen(options.listen) : options.listen === false ? undefined : database.listen;
  const { call, within: callWithin } = caller(run, { schema, timeoutMs, prepare });
  const news = notifier((payload) =>
    within(timeoutMs, run({ text: 'select pg_notify($1, $2)', params: [schema, payload], timeoutMs })),
  );
  const tell = options.notify === false ? () => {} : news.tell;
  const { holds: _, ...work } = workActs(call, tell);
  const listeners = new Set<() => Promise<void>>();

  const store: TaskStore<unknown> & { migrate(): Promise<void> } = {
    name: 'postgres',
    batching: { max: 64, lanes: 2 },
    migrate: () => migrate({ query, schema }),
    ...taskActs(call, limits, tell),
    ...work,

    ...(transaction && {
      async transact(lease, end, effect) {
        const lost = (): TasklatchError =>
          new TasklatchError(
            'lease_lost',
            'The lease of this effect was lost before its transaction was committed, so nothing was written; another worker has it, or had it.',
            { taskId: lease.taskId },
          );
        const limit = pausableLimit(timeoutMs);
        const toTell: News[] = [];
        const done = transaction(timeoutMs, async (tx, runHere) => {
          const { holds, finish } = workActs(callWithin(runHere), (items) => toTell.push(...items));
          if (!(await holds(lease))) throw lost();
          limit.check();
          limit.pause();
          const answer = await effect(tx);
          limit.resume();
          if (!(await finish(lease, end))) throw lost();
          return answer;
        });
        const answer = await limit.race(done);
        tell(toTell);
        return answer;
      },
    }),

    ...(listen && {
      async listen(wake) {
        const stop = await listen(schema, (payload) => {
          for (const [what, taskId] of newsIn(payload)) wake(what, taskId);
        });
        listeners.add(stop);
        return async () => {
          listeners.delete(stop);
          await stop();
        };
      },
    }),

    async close() {
      await Promise.all([news.flush(), ...[...listeners].map((stop) => stop())]);
      listeners.clear();
    },
  };
  // `transact` is there exactly when `query` runs transactions, and its `tx` is what `query` hands out: `TxOf` says both, but
  // TypeScript can't follow it through `toDatabase`.
  return store as PostgresStore<TxOf<Query>>;
}
