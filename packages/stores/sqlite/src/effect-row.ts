import type { EffectKind, EffectRecord, EffectState } from '@tasklatch/core';
import type { Connection } from './connection.js';
import { fromText, fromTextOrNull, toText, toTextOrNull } from './text-column.js';

/** One row of `tasklatch_effect`, to be changed and put back. */
export interface EffectRow {
  readonly taskId: string;
  readonly provider: string;
  readonly kind: EffectKind;
  readonly number: number;
  state: EffectState;
  dueAt: number;
  leaseUntil: number | null;
  fence: number;
  claim: string | null;
  /** Became due again while it was running. */
  again: boolean;
  runs: number;
  starts: number;
  ends: number;
  doneAt: number | null;
  lastError: string | null;
}

export function findEffect(db: Connection, taskId: string, kind: EffectKind, number: number): EffectRow | undefined {
  const [row] = db.all<EffectColumns>('effect', toText(taskId), kind, number);
  return row === undefined ? undefined : fromColumns(row);
}

export const effectsOf = (db: Connection, taskId: string): readonly EffectRow[] =>
  db.all<EffectColumns>('effectsOfTask', toText(taskId)).map(fromColumns);

/** `progress` and the parts it was split into. */
export const progressEffectsOf = (db: Connection, taskId: string): readonly EffectRow[] =>
  db.all<EffectColumns>('progressEffects', toText(taskId)).map(fromColumns);

export const readyEffects = (
  db: Connection,
  provider: string,
  kind: EffectKind,
  now: number,
  limit: number,
): readonly (EffectRow & { readonly readyAt: number })[] =>
  db
    .all<EffectColumns & { readonly ready_at: number }>('readyEffects', toText(provider), kind, now, limit)
    .map((row) => ({ ...fromColumns(row), readyAt: row.ready_at }));

export const claimedEffects = (db: Connection, claimId: string, now: number): readonly EffectRow[] =>
  db.all<EffectColumns>('claimedEffects', toText(claimId), now).map(fromColumns);

export function putEffect(db: Connection, row: EffectRow): void {
  db.all(
    'putEffect',
    toText(row.taskId),
    row.kind,
    row.number,
    toText(row.provider),
    row.state,
    row.dueAt,
    row.leaseUntil,
    row.state === 'due' ? row.dueAt : row.state === 'running' ? row.leaseUntil : null,
    row.fence,
    toTextOrNull(row.claim),
    row.again ? 1 : 0,
    row.runs,
    row.starts,
    row.ends,
    row.doneAt,
    toTextOrNull(row.lastError),
  );
}

/** What a person or the core may see of it. */
export const effectRecord = (row: EffectRow): EffectRecord => ({
  kind: row.kind,
  number: row.number,
  state: row.state,
  runs: row.runs,
  starts: row.starts,
  ends: row.ends,
  dueAt: row.dueAt,
  leaseUntil: row.leaseUntil,
  doneAt: row.doneAt,
  lastError: row.lastError,
});

interface EffectColumns {
  readonly task_id: string;
  readonly kind: EffectKind;
  readonly number: number;
  readonly provider: string;
  readonly state: EffectState;
  readonly due_at: number;
  readonly lease_until: number | null;
  readonly fence: number;
  readonly claim: string | null;
  readonly again: 0 | 1;
  readonly runs: number;
  readonly starts: number;
  readonly ends: number;
  readonly done_at: number | null;
  readonly last_error: string | null;
}

const fromColumns = (row: EffectColumns): EffectRow => ({
  taskId: fromText(row.task_id),
  kind: row.kind,
  number: row.number,
  provider: fromText(row.provider),
  state: row.state,
  dueAt: row.due_at,
  leaseUntil: row.lease_until,
  fence: row.fence,
  claim: fromTextOrNull(row.claim),
  again: row.again === 1,
  runs: row.runs,
  starts: row.starts,
  ends: row.ends,
  doneAt: row.done_at,
  lastError: fromTextOrNull(row.last_error),
});
