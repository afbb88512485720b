import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { TasklatchError } from '@tasklatch/core';
import type { SqliteDatabase } from './sqlite-database.js';

type Driver = new (file: string) => SqliteDatabase;

/** Opens with node:sqlite where the running Node has it, else with libsql. */
export function openFile(file: string): SqliteDatabase {
  const Database = builtIn() ?? installed();
  if (Database === undefined) {
    throw new TasklatchError(
      'not_supported',
      'There is no SQLite here: this Node has no node:sqlite and the package "libsql" is not installed. Use Node 22.13 or newer, or add libsql to your dependencies, or pass `database`.',
    );
  }
  if (file !== ':memory:') checkMayWrite(file);
  return new Database(file);
}

/** SQLite would open the file for reading, fail at the first write, and keep libsql from ever doing better in this process. */
function checkMayWrite(file: string): void {
  for (const path of [dirname(file), file, `${file}-wal`, `${file}-shm`]) {
    try {
      accessSync(path, constants.W_OK);
    } catch (error) {
      // Not there yet: SQLite makes it, or says why not.
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') continue;
      throw new TasklatchError(
        'store_unavailable',
        'This process may not write to the SQLite file, to the -wal or -shm file beside it, or to their folder. Give its user the right to write to all of them.',
        { cause: error },
      );
    }
  }
}

function builtIn(): Driver | undefined {
  // Node 22.0 to 22.2 have no such function. The cast: the types of Node 20 don't know this module, and its class is all we take.
  const module = process.getBuiltinModule?.('node:sqlite') as { readonly DatabaseSync: Driver } | undefined;
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
