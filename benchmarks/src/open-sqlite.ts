import { createRequire } from 'node:module';
import type { SqliteDatabase } from '@tasklatch/sqlite';

/** libsql's class, which has no types: what is used of it. */
type Driver = new (file: string) => SqliteDatabase & { close(): void };

/** The same driver for the store and for what it is compared to. */
export function openSqlite(file: string): SqliteDatabase & { close(): void } {
  const Database: Driver = createRequire(import.meta.url)('libsql');
  const database = new Database(file);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;');
  return database;
}
