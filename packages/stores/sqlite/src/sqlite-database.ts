/** What the store calls on a connection it is given: `DatabaseSync` of node:sqlite, libsql and better-sqlite3 all fit. */
export interface SqliteConnection {
  exec(sql: string): unknown;
  prepare(sql: string): { all(...values: unknown[]): unknown[] };
  close?(): unknown;
}

/** The connection that an effect gets from a store with `file`, whichever driver is behind it. */
export interface SqliteDatabase extends SqliteConnection {
  prepare(sql: string): SqliteStatement;
}

export interface SqliteStatement {
  run(...values: SqliteValue[]): unknown;
  get(...values: SqliteValue[]): unknown;
  all(...values: SqliteValue[]): unknown[];
}

/** No booleans: libsql ends the whole process when it meets one. */
export type SqliteValue = string | number | bigint | null | Uint8Array;
