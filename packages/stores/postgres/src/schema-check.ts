import { TasklatchError } from '@tasklatch/core';
import type { Run } from './database.js';
import { CODE_VERSION, schemaIdentifier } from './migrations.js';
import { sqlState } from './sql-state.js';

/** undefined_table, undefined_function, invalid_schema_name, undefined_object, undefined_column: what a wrong schema looks like. */
const MISSING = new Set(['42P01', '42883', '3F000', '42704', '42703']);

export const looksLikeWrongSchema = (error: unknown): boolean => MISSING.has(sqlState(error));

/** Rejects with `schema_mismatch` when the schema is missing, older than this code, or so new that this code can't use it any more. */
export async function checkSchema(run: Run, schema: string, timeoutMs: number): Promise<void> {
  // Names of one word, because some clients are told to rename columns.
  const text = `select max(version)::text as version, max(oldest_code)::text as oldest from ${schemaIdentifier(schema)}.migration`;
  const rows = await run({ text, params: [], timeoutMs }).catch((error: unknown) => {
    if (looksLikeWrongSchema(error)) return [];
    throw error;
  });
  const version = Number(rows[0]?.version ?? 0);
  const oldestCode = Number(rows[0]?.oldest ?? 0);
  if (version === 0) {
    throw mismatch(`This database has no schema "${schema}" with Tasklatch's tables.`, APPLY);
  }
  if (version < CODE_VERSION) {
    throw mismatch(`The schema "${schema}" is at version ${version}, and this code needs ${CODE_VERSION}.`, APPLY);
  }
  if (oldestCode > CODE_VERSION) {
    throw mismatch(
      `The schema "${schema}" is at version ${version}, which code older than version ${oldestCode} can't use, and this code is version ${CODE_VERSION}.`,
      'Deploy a newer @tasklatch/postgres; there is no way back for a schema.',
    );
  }
}

const APPLY =
  'Call `await store.migrate()` once before the app starts, or apply the SQL files in `dist/migrations` of @tasklatch/postgres.';

const mismatch = (what: string, next: string): TasklatchError =>
  new TasklatchError('schema_mismatch', `${what} ${next}`);
