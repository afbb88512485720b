import type { Fact, LedgerEntry, Recorded, StoreLimits, Task } from '@tasklatch/core';
import type { Act } from './act.js';
import type { Connection } from './connection.js';
import { toText } from './text-column.js';

type Limits = Pick<StoreLimits, 'quarantineEntries' | 'quarantineBytes'>;

/** Keeps an authentic delivery without a task, or without a meaning yet. */
export function quarantineFact(act: Act, fact: Fact, limits: Limits): Pick<Recorded, 'outcome' | 'duplicate'> {
  const { db, now } = act;
  const provider = toText(fact.provider);
  const identity = [provider, textOrNone(fact.taskId), textOrNone(fact.externalId), toText(fact.key)] as const;
  if (db.all('countQuarantinedCopy', now, ...identity).length > 0) return { outcome: 'quarantined', duplicate: true };
  const bytes = fact.delivery?.body?.length ?? 0;
  const [used] = db.all<{ readonly entries: number; readonly bytes: number }>('quarantineUse', provider);
  if (used === undefined || used.entries >= limits.quarantineEntries || used.bytes + bytes > limits.quarantineBytes) {
    return { outcome: 'full', duplicate: false };
  }
  db.all('insertQuarantined', ...identity, fact.unparseable ? 1 : 0, bytes, now, now, JSON.stringify(fact));
  return { outcome: 'quarantined', duplicate: false };
}

/** Takes out what belongs to the task, in order of arrival. */
export function takeQuarantined(db: Connection, task: Task): readonly LedgerEntry[] {
  const of = [toText(task.provider), toText(task.id), textOrNone(task.externalId)] as const;
  const entries = db.all<QuarantineColumns>('adoptable', ...of).map(entryOf);
  discardQuarantined(
    db,
    entries.map(({ id }) => id),
  );
  return entries;
}

export function listQuarantined(db: Connection, provider: string | undefined, limit: number): readonly LedgerEntry[] {
  const rows =
    provider === undefined
      ? db.all<QuarantineColumns>('quarantined', limit)
      : db.all<QuarantineColumns>('quarantinedOfProvider', toText(provider), limit);
  return rows.map(entryOf);
}

/** Answers how many there were. */
export function discardQuarantined(db: Connection, ids: readonly string[]): number {
  const numbers = ids.map((id) => Number(ID.exec(id)?.[1] ?? 0));
  return numbers.reduce((gone, number) => gone + db.all('deleteQuarantined', number).length, 0);
}

// More digits than a safe integer has were never given out.
const ID = /^q([1-9]\d{0,14})$/;

const textOrNone = (value: string | null): string => (value === null ? '' : toText(value));

interface QuarantineColumns {
  readonly id: number;
  readonly at: number;
  readonly last_at: number;
  readonly copies: number;
  readonly fact: string;
}

const entryOf = (row: QuarantineColumns): LedgerEntry => ({
  id: `q${row.id}`,
  seq: 0,
  at: row.at,
  lastAt: row.last_at,
  copies: row.copies,
  outcome: 'quarantined',
  fact: JSON.parse(row.fact),
});
