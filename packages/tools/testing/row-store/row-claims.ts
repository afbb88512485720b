import { type CheckLease, type ClaimOptions, EFFECT_CAUSES, type EffectLease } from '@tasklatch/core';
import { checkDueAt, checkLease, effectDueAt, effectLease, takeCheck, takeEffect } from './row-work.js';
import type { Rows } from './rows.js';
import type { EffectRow, TaskRow } from './task-row.js';

export function claimChecks(rows: Rows, want: ClaimOptions, now: number): readonly CheckLease[] {
  const held: TaskRow[] = [];
  const due: Due<TaskRow>[] = [];
  for (const row of rows.all()) {
    if (isHeld(row.check, want, now)) held.push(row);
    const at = checkDueAt(row);
    if (at !== null && at <= now) due.push({ at, provider: row.task.provider, piece: row });
  }
  if (held.length > 0) return held.map((row) => checkLease(row, now));
  return oldest(due, want).map((row) => {
    const taken = takeCheck(row, want, now);
    rows.put(taken);
    return checkLease(taken, now);
  });
}

export function claimEffects(rows: Rows, want: ClaimOptions, now: number): readonly EffectLease[] {
  const held: EffectLease[] = [];
  const due: Due<readonly [TaskRow, EffectRow]>[] = [];
  for (const row of rows.all()) {
    for (const effect of row.effects) {
      if (isHeld(effect, want, now)) held.push(effectLease(row, effect));
      const { provider } = row.task;
      const wanted = want.from.some(
        (one) => one.provider === provider && (one.kinds ?? EFFECT_CAUSES).includes(effect.kind),
      );
      const at = wanted ? effectDueAt(effect) : null;
      if (at !== null && at <= now) due.push({ at, provider, piece: [row, effect] });
    }
  }
  if (held.length > 0) return held;
  return oldest(due, want).map(([row, effect]) => {
    // Several effects of one task may be taken: each on top of the one before.
    const [taken, lease] = takeEffect(rows.row(row.task.id) ?? row, effect, want, now);
    rows.put(taken);
    return lease;
  });
}

const isHeld = (
  lease: { readonly claimId: string | null; readonly leaseUntil: number | null },
  { claimId }: ClaimOptions,
  now: number,
): boolean => lease.claimId === claimId && lease.leaseUntil !== null && lease.leaseUntil > now;

interface Due<T> {
  readonly at: number;
  readonly provider: string;
  readonly piece: T;
}

/** Of each provider that was asked for, the oldest, at most as many as asked for: so none can crowd out another. */
const oldest = <T>(due: Due<T>[], { from }: ClaimOptions): readonly T[] => {
  due.sort((a, b) => a.at - b.at);
  return from.flatMap(({ provider, limit }) =>
    due
      .filter((piece) => piece.provider === provider)
      .slice(0, limit)
      .map(({ piece }) => piece),
  );
};
