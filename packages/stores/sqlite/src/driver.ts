import { createRequire } from 'node:module';
import { TasklatchError } from '@tasklatch/core';
import type { SqliteDatabase } from './sqlite-database.js';

type Driver = new (file: string) => SqliteDatabase;

/** node:sqlite where the running Node has it, else libsql. */
export function openFile(file: string): SqliteDatabase {
  const Database = builtIn() ?? installed();
  if (Database === undefined) {
    throw new TasklatchError(
      'not_supported',
      'There is no SQLite here: this Node has no node:sqlite and the package "libsql" is not installed. Use Node 22.13 or newer, or add libsql to your dependencies, or pass `database`.',
    );
  }
  return new Database(file);
}

function builtIn(): Driver | undefined {
  // The cast: the types of Node 20 don't know this module, and its class is all we take.
  const module = process.getBuiltinModule('node:sqlite') as { readonly DatabaseSync: Driver } | undefined;
  return module?.DatabaseSync;
}

function installed(): Driver | undefined {
  try {
    return createRequire(import.meta.url)('libsql');
  } catch {
    // Not installed, or no binary for this platform: the message above says what to do either way.
    return undefined;
  }
}
