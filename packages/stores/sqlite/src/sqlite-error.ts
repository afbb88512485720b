import { TasklatchError } from '@tasklatch/core';

const SQLITE_BUSY = 5;

/** Somebody else holds the file's write lock, or its recovery: worth waiting for. */
export function isBusy(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // As better-sqlite3 and libsql (`code`), node:sqlite (`errcode`) and again libsql (`rawCode`) tell it.
  const { code, errcode, rawCode } = error as { code?: unknown; errcode?: unknown; rawCode?: unknown };
  if (typeof code === 'string' && code.startsWith('SQLITE_BUSY')) return true;
  const number = errcode ?? rawCode;
  // The low byte is the kind, the rest says more about it.
  return typeof number === 'number' && (number & 0xff) === SQLITE_BUSY;
}

export const busyTooLong = (busyMs: number): TasklatchError =>
  new TasklatchError(
    'store_unavailable',
    `The SQLite file's write lock was taken for ${busyMs} ms. Look for who holds it: an effect that does slow work after \`tx.begin()\`, a backup, an open sqlite3 shell.`,
    { retryAfterMs: 1000 },
  );

export const storeClosed = (): TasklatchError =>
  new TasklatchError('stopped', 'The SQLite store is closed. Make a new one with `sqliteStore`.');
