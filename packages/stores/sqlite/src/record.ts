import {
  type Fact,
  type Opened,
  type Outcome,
  openAgain,
  openTask,
  openUnknown,
  type Recorded,
  type StoreLimits,
  type TaskDraft,
  transition,
} from '@tasklatch/core';
import type { Act } from './act.js';
import { countCopies, insertEntry, type Seen } from './ledger-entry.js';
import { endProgress, makeDue, replay } from './make-due.js';
import { discardQuarantined, quarantineFact, takeQuarantined } from './quarantine.js';
import { findTask, findTaskByExternalId, insertTask, newTaskRow, saveTask, type TaskRow } from './task-row.js';

export function open(act: Act, draft: TaskDraft, limits: StoreLimits): Opened {
  const held = findTask(act.db, draft.id);
  if (held === undefined) {
    const row = newTaskRow(openTask(draft, act.now));
    insertTask(act.db, row);
    adopt(act, row, limits);
    return { task: row.task, created: true, send: true };
  }
  const { task, send } = openAgain(held.task, draft, act.now);
  if (task !== held.task) saveTask(act.db, Object.assign(held, { task }));
  return { task, created: false, send };
}

/** Writes facts and joins them into their tasks. The state machine is the core's `transition`; here is only where things are kept. */
export function record(act: Act, facts: readonly Fact[], limits: StoreLimits): readonly Recorded[] {
  // One row object for each task, so that every answer shows it as the whole batch left it.
  const rows = new Map<string, TaskRow>();
  const known = (row: TaskRow | undefined): TaskRow | undefined => {
    if (row === undefined) return undefined;
    const same = rows.get(row.task.id) ?? row;
    rows.set(row.task.id, same);
    return same;
  };
  const done = facts.map((fact) => recordOne(act, fact, limits, known));
  return done.map(({ row, ...said }) => ({ ...said, task: row?.task ?? null }));
}

type Said = Pick<Recorded, 'outcome' | 'duplicate' | 'changed'>;
type Known = (row: TaskRow | undefined) => TaskRow | undefined;

function recordOne(
  act: Act,
  fact: Fact,
  limits: StoreLimits,
  known: Known,
): Said & { readonly row: TaskRow | undefined } {
  if (fact.releases !== null) discardQuarantined(act.db, [fact.releases]);
  const row = known(rowOf(act, fact) ?? openedBy(act, fact));
  if (row !== undefined && !fact.unparseable) return { row, ...apply(act, row, fact, limits) };
  if (fact.source !== 'delivery') return { row, outcome: 'foreign', duplicate: false, changed: false };
  return { row, changed: false, ...quarantineFact(act, fact, limits) };
}

function rowOf({ db }: Act, { taskId, provider, externalId }: Fact): TaskRow | undefined {
  if (taskId === null) return externalId === null ? undefined : findTaskByExternalId(db, provider, externalId);
  const row = findTask(db, taskId);
  return row?.task.provider === provider ? row : undefined;
}

/** The task that a first fact opens, or finds under the id it would open. */
function openedBy(act: Act, fact: Fact): TaskRow | undefined {
  const task = fact.taskId === null && fact.externalId !== null ? openUnknown(fact, act.now) : null;
  if (task === null) return undefined;
  const held = findTask(act.db, task.id);
  if (held !== undefined) return held.task.provider === task.provider ? held : undefined;
  const row = newTaskRow(task);
  insertTask(act.db, row);
  return row;
}

/** Joins a fact into its task. `adopted` carries the times and copies of one that waited in the quarantine. */
function apply(act: Act, row: TaskRow, fact: Fact, limits: StoreLimits, adopted?: Seen): Said {
  const { db, now } = act;
  const before = row.task;
  const seen = adopted ?? { at: now, lastAt: now, copies: 1 };
  const earlier = countCopies(db, before.id, fact.key, seen);
  if (earlier !== undefined) return { outcome: earlier, duplicate: true, changed: false };

  const owner =
    fact.externalId === null || fact.externalId === before.externalId
      ? undefined
      : findTaskByExternalId(db, fact.provider, fact.externalId);
  const step = transition(before, fact, now, owner !== undefined && owner.task.id !== before.id);
  row.task = step.task;
  const written = write(act, row, fact, step.outcome, seen, limits);
  saveTask(db, row);

  if (step.due === 'settled') {
    makeDue(act, step.task, 'settled', step.task.verdicts);
    endProgress(act, before.id);
  }
  if (step.due === 'progress') makeDue(act, step.task, 'progress', 0);
  if (fact.announce && written && step.outcome !== 'foreign') makeDue(act, step.task, 'fact', row.entries);
  if (fact.replay !== null) replay(act, before.id, fact.replay);
  if (step.outcome === 'hint') act.wake('check', before.id);
  if (step.changed) act.wake('task', before.id);
  if (step.task.externalId !== null && step.task.externalId !== before.externalId) adopt(act, row, limits);
  return { outcome: step.outcome, duplicate: false, changed: step.changed };
}

/** Writes the ledger entry, unless the ledger is full and this one may be left out. */
function write(act: Act, row: TaskRow, fact: Fact, outcome: Outcome, seen: Seen, limits: StoreLimits): boolean {
  const always = outcome === 'settled' || fact.source === 'operator' || fact.notSent !== null;
  if (row.entries >= limits.ledgerEntries && !always) {
    row.dropped += 1;
    return false;
  }
  row.entries += 1;
  if (insertEntry(act.db, row.task.id, { seq: row.entries, ...seen, outcome, fact })) row.hasContent = true;
  return true;
}

function adopt(act: Act, row: TaskRow, limits: StoreLimits): void {
  for (const { fact, at, lastAt, copies } of takeQuarantined(act.db, row.task)) {
    apply(act, row, fact, limits, { at, lastAt, copies });
  }
}
