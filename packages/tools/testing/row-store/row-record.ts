import { type Fact, openUnknown, type Recorded, type StoreLimits, type Task } from '@tasklatch/core';
import type { Rows } from './rows.js';
import { joinFact, rowOf, type Seen, type TaskRow } from './task-row.js';

type Said = Pick<Recorded, 'outcome' | 'duplicate' | 'changed'>;

/** Records one fact: into its task, into a task it opens, or into the quarantine. */
export function recordFact(rows: Rows, fact: Fact, limits: StoreLimits, now: number): Said & { taskId: string | null } {
  if (fact.releases !== null) rows.release(fact.releases);
  const row = taskOf(rows, fact, now);
  const taskId = row?.task.id ?? null;
  if (row !== undefined && !fact.unparseable) return { taskId, ...joinRow(rows, row, fact, limits, now) };
  if (fact.source !== 'delivery') return { taskId, outcome: 'foreign', duplicate: false, changed: false };
  return { taskId, changed: false, ...quarantine(rows, fact, limits, now) };
}

/** Takes what belongs to the task out of the quarantine, in order of arrival. */
export function adopt(rows: Rows, { id, provider, externalId }: Task, limits: StoreLimits, now: number): void {
  for (const { id: entryId, fact, at, lastAt, copies } of rows.quarantined()) {
    const row = rows.row(id);
    const mine = fact.taskId === null ? fact.externalId !== null && fact.externalId === externalId : fact.taskId === id;
    if (row === undefined || !mine || fact.unparseable || fact.provider !== provider) continue;
    if (rows.release(entryId)) joinRow(rows, row, fact, limits, now, { at, lastAt, copies });
  }
}

function joinRow(rows: Rows, row: TaskRow, fact: Fact, limits: StoreLimits, now: number, seen?: Seen): Said {
  const owner = fact.externalId === null ? undefined : rows.owner(fact.provider, fact.externalId);
  const foreign = owner !== undefined && owner.task.id !== row.task.id;
  const { row: joined, ...said } = joinFact(row, fact, now, foreign, limits, seen);
  rows.put(joined);
  if (joined.task.externalId !== row.task.externalId) adopt(rows, joined.task, limits, now);
  return said;
}

function taskOf(rows: Rows, fact: Fact, now: number): TaskRow | undefined {
  const { taskId, provider, externalId } = fact;
  const ours = (row: TaskRow | undefined): TaskRow | undefined => (row?.task.provider === provider ? row : undefined);
  if (taskId !== null) return ours(rows.row(taskId));
  if (externalId === null) return undefined;
  const owner = rows.owner(provider, externalId);
  const opened = openUnknown(fact, now);
  if (owner !== undefined || opened === null) return owner;
  const held = rows.row(opened.id);
  return held === undefined ? rowOf(opened) : ours(held);
}

function quarantine(rows: Rows, fact: Fact, limits: StoreLimits, now: number): Omit<Said, 'changed'> {
  const held = rows.quarantined().filter((entry) => entry.fact.provider === fact.provider);
  const known = held.find(({ fact: { key, taskId, externalId } }) => {
    return key === fact.key && taskId === fact.taskId && externalId === fact.externalId;
  });
  if (known !== undefined) {
    rows.putQuarantined({ ...known, copies: known.copies + 1, lastAt: now });
    return { outcome: 'quarantined', duplicate: true };
  }
  const bytesOf = ({ delivery }: Fact): number => delivery?.body?.length ?? 0;
  const bytes = held.reduce((sum, entry) => sum + bytesOf(entry.fact), bytesOf(fact));
  if (held.length >= limits.quarantineEntries || bytes > limits.quarantineBytes) {
    return { outcome: 'full', duplicate: false };
  }
  rows.putQuarantined({
    id: rows.nextEntryId(),
    seq: 0,
    at: now,
    lastAt: now,
    copies: 1,
    outcome: 'quarantined',
    fact,
  });
  return { outcome: 'quarantined', duplicate: false };
}
