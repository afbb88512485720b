import { type Fact, type LedgerEntry, mergeFact, type Outcome, splitFact } from '@tasklatch/core';
import type { Connection } from './connection.js';
import { toText } from './text-column.js';

/** When a fact came, and how often. */
export type Seen = Pick<LedgerEntry, 'at' | 'lastAt' | 'copies'>;

/** The outcome of the entry with this key, its copies counted; undefined when the fact is new. */
export function countCopies(db: Connection, taskId: string, key: string, seen: Seen): Outcome | undefined {
  const values = [seen.copies, seen.lastAt, toText(taskId), toText(key)] as const;
  return db.all<{ readonly outcome: Outcome }>('countCopies', ...values)[0]?.outcome;
}

/** Answers whether it has content, which the task's row has to say too. */
export function insertEntry(db: Connection, taskId: string, entry: Omit<LedgerEntry, 'id'>): boolean {
  const { seq, fact, at, lastAt, copies, outcome } = entry;
  const { bare, content } = splitFact(fact);
  const texts = [JSON.stringify(bare), content === null ? null : JSON.stringify(content)] as const;
  db.all('insertEntry', toText(taskId), seq, toText(fact.key), at, lastAt, copies, outcome, ...texts);
  return content !== null;
}

export const entriesOf = (db: Connection, taskId: string): readonly LedgerEntry[] =>
  db.all<EntryColumns>('entriesOfTask', toText(taskId)).map((row) => entryOf(taskId, row));

export function findEntry(db: Connection, taskId: string, seq: number): LedgerEntry | undefined {
  const [row] = db.all<EntryColumns>('entryOfTask', toText(taskId), seq);
  return row === undefined ? undefined : entryOf(taskId, row);
}

interface EntryColumns {
  readonly seq: number;
  readonly at: number;
  readonly last_at: number;
  readonly copies: number;
  readonly outcome: Outcome;
  readonly fact: string;
  readonly content: string | null;
}

function entryOf(taskId: string, row: EntryColumns): LedgerEntry {
  const bare: Fact = JSON.parse(row.fact);
  const fact = mergeFact(bare, row.content === null ? null : JSON.parse(row.content));
  const { seq, at, copies, outcome } = row;
  return { id: `${taskId}:${seq}`, seq, at, lastAt: row.last_at, copies, outcome, fact };
}
