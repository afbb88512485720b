import { type Task, TasklatchError } from '@tasklatch/core';
import { escapeText } from './escape-text.js';

/** Where a page ends: the time and id of its last task. */
export const cursorAfter = ({ createdAt, id }: Task): string => `${createdAt}.${id}`;

export function readCursor(cursor: string | undefined): readonly [at: string | null, id: string | null] {
  if (cursor === undefined) return [null, null];
  const [, at, id] = /^(\d{1,15})\.(.+)$/s.exec(cursor) ?? [];
  if (at !== undefined && id !== undefined) return [at, escapeText(id)];
  throw new TasklatchError(
    'invalid_request',
    'The cursor is not one that `list` gave: pass `next` of the page before, unchanged.',
  );
}
