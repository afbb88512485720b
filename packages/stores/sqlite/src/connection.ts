import type { SqliteConnection } from './sqlite-database.js';
import { STATEMENTS } from './statements.js';

/** One connection, and its statements prepared once. */
export interface Connection {
  readonly database: SqliteConnection;
  exec(sql: string): void;
  /** Runs a statement of `sql/*.sql` by name. `Row` is what that statement selects. */
  all<Row>(name: string, ...values: Value[]): readonly Row[];
  /** The same for one built from such a statement. */
  allOf<Row>(sql: string, ...values: Value[]): readonly Row[];
  close(): void;
}

/** Nothing else is ever bound: libsql ends the whole process when it meets a boolean. */
type Value = string | number | null;

export function connection(database: SqliteConnection): Connection {
  const prepared = new Map<string, ReturnType<SqliteConnection['prepare']>>();
  function allOf<Row>(sql: string, ...values: Value[]): readonly Row[] {
    let statement = prepared.get(sql);
    if (statement === undefined) {
      statement = database.prepare(sql);
      prepared.set(sql, statement);
    }
    // Always `all`: libsql's `run` leaves a statement that returns rows open, and then nothing can be committed.
    // The cast: rows are what the statement selects.
    return statement.all(...values) as Row[];
  }
  return {
    database,
    exec(sql) {
      database.exec(sql);
    },
    all(name, ...values) {
      const sql = STATEMENTS.get(name);
      if (sql === undefined) throw new Error(`There is no statement "${name}" in sql/.`);
      return allOf(sql, ...values);
    },
    allOf,
    close() {
      prepared.clear();
      database.close?.();
    },
  };
}
