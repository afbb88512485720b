import { readdirSync, readFileSync } from 'node:fs';
import { TasklatchError } from '@tasklatch/core';

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

const FOLDER = new URL('./migrations/', import.meta.url);
let read: readonly Migration[] | undefined;

/** The files of `migrations/`, in order; the version is the file's number. */
export function migrations(): readonly Migration[] {
  read ??= readdirSync(FOLDER)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => ({
      version: Number.parseInt(file, 10),
      name: file.replace(/^\d+-|\.sql$/g, ''),
      sql: readFileSync(new URL(file, FOLDER), 'utf8'),
    }));
  return read;
}

/** The version of the schema this code was written for: that of the last file. Not read from there, because bundlers lose files. */
export const CODE_VERSION = 8;

/** The name as an identifier in SQL. Short, so that names made with it fit in 63 bytes. */
export function schemaIdentifier(schema: string): string {
  if (/^[a-z_][a-z0-9_]{0,39}$/.test(schema)) return `"${schema}"`;
  throw new TasklatchError(
    'invalid_options',
    'The schema of the PostgreSQL store must be 1 to 40 lower-case letters, digits and underscores, and not begin with a digit.',
  );
}

/** SQL written for the schema `tasklatch`, for another one. */
export const inSchema = (sql: string, schema: string): string =>
  sql.replace(/\btasklatch\b/g, schemaIdentifier(schema));
