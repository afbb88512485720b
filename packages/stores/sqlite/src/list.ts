import { type Page, type Task, TasklatchError, type TaskQuery } from '@tasklatch/core';
import type { Connection } from './connection.js';
import { STATEMENTS } from './statements.js';
import { toText } from './text-column.js';

export function list(db: Connection, query: TaskQuery): Page<Task> {
  const limit = Math.min(Math.max(query.limit ?? 50, 1), 1000);
  const filters = {
    owner: query.owner === undefined ? [] : [toText(query.owner)],
    provider: query.provider === undefined ? [] : [toText(query.provider)],
    status: query.status === undefined ? [] : [query.status],
    // Two ways to ask one thing: few effects are not done, and most tasks have one that is.
    open: query.effect === undefined || query.effect === 'done' ? [] : [query.effect],
    done: query.effect === 'done' ? [query.effect] : [],
    cursor: query.cursor === undefined ? [] : fromCursor(query.cursor),
  };
  const values = Object.values(filters).flat();
  // One more than asked for, to know whether there is a next page.
  const rows = db.allOf<{ readonly task: string }>(listStatement(filters), ...values, limit + 1);
  const items = rows.slice(0, limit).map(({ task }): Task => JSON.parse(task));
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? toCursor(last) : null };
}

/** The statement `list` with the lines of the filters asked for. */
export function listStatement(filters: Readonly<Record<string, readonly unknown[]>>): string {
  const wanted = (line: string): boolean => {
    const filter = /--\? (\w+)$/.exec(line)?.[1];
    return filter === undefined || (filters[filter] ?? []).length > 0;
  };
  return (STATEMENTS.get('list') ?? '').split('\n').filter(wanted).join('\n');
}

const toCursor = ({ createdAt, id }: Task): string =>
  Buffer.from(JSON.stringify([createdAt, toText(id)])).toString('base64url');

function fromCursor(cursor: string): [createdAt: number, id: string] {
  try {
    const [createdAt, id]: unknown[] = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (typeof createdAt === 'number' && typeof id === 'string') return [createdAt, id];
  } catch {
    // Said below.
  }
  throw new TasklatchError(
    'invalid_request',
    'The cursor is not one that `list` gave: pass `next` of the page before, unchanged.',
  );
}
