import { readFileSync } from 'node:fs';
import { TasklatchError } from '@tasklatch/core';
import type { SqliteConnection } from './sqlite-database.js';

/** One file for each version of the schema, in order; never changed once published. */
const MIGRATIONS = ['001'];

/**
 * Brings the tables to this code's version. Safe when many processes start at once: one does it, the others wait for the write lock and
 * find it done. Throws `schema_mismatch` when newer code was here.
 */
export function migrate(database: SqliteConnection): void {
  if (versionOf(database) === MIGRATIONS.length) return;
  database.exec('BEGIN IMMEDIATE');
  try {
    const version = versionOf(database);
    if (version > MIGRATIONS.length) throw tooNew(version);
    for (const name of MIGRATIONS.slice(version)) {
      database.exec(readFileSync(new URL(`./migrations/${name}.sql`, import.meta.url), 'utf8'));
    }
    database.exec(`UPDATE tasklatch_schema SET version = ${MIGRATIONS.length}`);
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

/** Not `PRAGMA user_version`: that number belongs to the app, whose own tables may lie in the same file. */
function versionOf(database: SqliteConnection): number {
  const tables = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'tasklatch_schema'").all();
  if (tables.length === 0) return 0;
  // The cast: the table's one row has this one column.
  const [row] = database.prepare('SELECT version FROM tasklatch_schema').all() as { readonly version: number }[];
  return row?.version ?? 0;
}

const tooNew = (version: number): TasklatchError =>
  new TasklatchError(
    'schema_mismatch',
    `The tables in this SQLite file are of version ${version}, and this @tasklatch/sqlite knows only up to ${MIGRATIONS.length}. A newer version was used on the file: upgrade the package in this process too.`,
  );
