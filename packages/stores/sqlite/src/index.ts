export type { SqliteConnection, SqliteDatabase, SqliteStatement, SqliteValue } from './sqlite-database.js';
export { type SqliteStoreOptions, sqliteStore } from './sqlite-store.js';
export type { SqliteTx } from './transact.js';
