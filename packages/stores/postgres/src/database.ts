/** A statement in SQL with `$1`, `$2`, … for its parameters. */
export interface Statement {
  readonly text: string;
  readonly params: readonly (string | null)[];
  /** For clients that name prepared statements: one name, one text. Absent: do not prepare it. */
  readonly name?: string;
  /** After this time nobody waits for the answer any more. */
  readonly timeoutMs: number;
}

export type Row = Readonly<Record<string, unknown>>;
export type Run = (statement: Statement) => Promise<readonly Row[]>;

/** Runs one statement and answers its rows, as they are or as `{ rows }`. Every parameter is a string or null. */
export type QueryFunction = (
  text: string,
  params: readonly (string | null)[],
) => Promise<readonly Row[] | { readonly rows: readonly Row[] }>;

/**
 * Hears a channel on a connection of its own, reconnecting by itself, until the function it answers is called. `heard` gets null
 * when something may have been missed. Never rejects: what can't be heard costs time only.
 */
export type Listen = (channel: string, heard: (payload: string | null) => void) => Promise<() => Promise<void>>;

/** What the store needs of a PostgreSQL client. Made by `fromPostgresJs` and the like; only `run` has to be there. */
export interface Database<Tx = undefined> {
  readonly run: Run;
  /** Commits when `work` resolves, else rolls back and rejects with what it rejected with. The limit is for each statement of ours. */
  readonly transaction?: <T>(timeoutMs: number, work: (tx: Tx, run: Run) => Promise<T>) => Promise<T>;
  readonly listen?: Listen;
}

export const fromQuery = (query: QueryFunction): Database => ({
  run: async ({ text, params }) => {
    const answer = await query(text, params);
    return 'rows' in answer ? answer.rows : answer;
  },
});
