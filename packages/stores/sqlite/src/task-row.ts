import type { Task } from '@tasklatch/core';
import type { Connection } from './connection.js';
import { fromTextOrNull, toText, toTextOrNull } from './text-column.js';

/** One row of `tasklatch_task`, to be changed and saved. */
export interface TaskRow {
  task: Task;
  /** Ledger entries written; also the `seq` of the newest. */
  entries: number;
  dropped: number;
  /** An entry of its ledger has content. */
  hasContent: boolean;
  readonly check: { fence: number; until: number | null; claim: string | null; starts: number };
}

export const newTaskRow = (task: Task): TaskRow => ({
  task,
  entries: 0,
  dropped: 0,
  hasContent: false,
  check: { fence: 0, until: null, claim: null, starts: 0 },
});

export function findTask(db: Connection, id: string): TaskRow | undefined {
  const [row] = db.all<TaskColumns>('taskById', toText(id));
  return row === undefined ? undefined : fromColumns(row);
}

export function findTaskByExternalId(db: Connection, provider: string, externalId: string): TaskRow | undefined {
  const [row] = db.all<TaskColumns>('taskByExternalId', toText(provider), toText(externalId));
  return row === undefined ? undefined : fromColumns(row);
}

export const dueChecks = (db: Connection, provider: string, now: number, limit: number): readonly TaskRow[] =>
  db.all<TaskColumns>('dueChecks', toText(provider), now, limit).map(fromColumns);

/** Those whose lease this claim still holds. */
export const claimedChecks = (db: Connection, claimId: string, now: number): readonly TaskRow[] =>
  db.all<TaskColumns>('claimedChecks', toText(claimId), now).map(fromColumns);

export function insertTask(db: Connection, row: TaskRow): void {
  const { id, provider, owner, createdAt } = row.task;
  db.all('insertTask', ...changing(row), toText(id), toText(provider), toTextOrNull(owner), createdAt);
}

export function saveTask(db: Connection, row: TaskRow): void {
  db.all('updateTask', ...changing(row), toText(row.task.id));
}

/** When its check may be claimed: due, and no lease in the way. */
const checkAt = ({ task, check }: TaskRow): number | null =>
  task.nextCheckAt === null ? null : Math.max(task.nextCheckAt, check.until ?? 0);

const changing = (row: TaskRow) =>
  [
    toTextOrNull(row.task.externalId),
    row.task.status,
    row.task.settledAt,
    JSON.stringify(row.task),
    row.entries,
    row.dropped,
    row.hasContent ? 1 : 0,
    checkAt(row),
    row.check.fence,
    row.check.until,
    toTextOrNull(row.check.claim),
    row.check.starts,
  ] as const;

interface TaskColumns {
  readonly task: string;
  readonly entries: number;
  readonly dropped: number;
  readonly has_content: 0 | 1;
  readonly check_fence: number;
  readonly check_until: number | null;
  readonly check_claim: string | null;
  readonly check_starts: number;
}

const fromColumns = (row: TaskColumns): TaskRow => ({
  task: JSON.parse(row.task),
  entries: row.entries,
  dropped: row.dropped,
  hasContent: row.has_content === 1,
  check: {
    fence: row.check_fence,
    until: row.check_until,
    claim: fromTextOrNull(row.check_claim),
    starts: row.check_starts,
  },
});
