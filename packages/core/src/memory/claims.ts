import { TasklatchError } from '../errors.js';
import { causeOf, EFFECT_CAUSES } from '../fact.js';
import type { CheckLease, ClaimOptions, EffectLease, WorkEnd } from '../store.js';
import { type EffectRow, effectId, type MemoryRows, type Row } from './rows.js';

/** Leases of the memory store: claimed, extended, ended. */
export interface MemoryClaims {
  checks(want: ClaimOptions, now: number): readonly CheckLease[];
  effects(want: ClaimOptions, now: number): readonly EffectLease[];
  extend(lease: CheckLease | EffectLease, leaseMs: number, now: number): boolean;
  finish(lease: CheckLease | EffectLease, end: WorkEnd, now: number): boolean;
}

export function memoryClaims(rows: MemoryRows): MemoryClaims {
  const claims = new Map<
    string,
    { until: number; pieces: readonly (readonly [taskId: string, effect: string | null])[] }
  >();

  /** What an earlier claim of this id still holds: a repeated claim gets it again. */
  function stillHeld(id: string, now: number): (readonly [Row, EffectRow | null])[] {
    const held: (readonly [Row, EffectRow | null])[] = [];
    for (const [taskId, effectKey] of claims.get(id)?.pieces ?? []) {
      const row = rows.get(taskId);
      const piece = effectKey === null ? row?.check : row?.effects.get(effectKey);
      if (row === undefined || piece?.claimId !== id || piece.until === null || piece.until <= now) continue;
      held.push([row, effectKey === null ? null : (piece as EffectRow)]);
    }
    return held;
  }

  function remember(
    id: string,
    now: number,
    leaseMs: number,
    pieces: readonly (readonly [string, string | null])[],
  ): void {
    // Insertion order is close to the order of ends: the front is where claims that are over lie.
    for (const [old, claim] of claims) {
      if (claim.until > now) break;
      claims.delete(old);
    }
    if (pieces.length > 0) claims.set(id, { until: now + leaseMs, pieces });
  }

  const checkLease = (row: Row, now: number): CheckLease => ({
    work: 'check',
    taskId: row.task.id,
    fence: row.check.fence,
    task: row.task,
    overdue: row.task.deadlineAt <= now,
    starts: row.check.starts,
  });

  const effectLease = (row: Row, effect: EffectRow): EffectLease => ({
    work: 'effect',
    taskId: row.task.id,
    kind: effect.kind,
    number: effect.number,
    fence: effect.fence,
    task: row.task,
    entry: causeOf(effect.kind) === 'fact' ? (row.entries[effect.number - 1] ?? null) : null,
    starts: effect.starts,
    ends: effect.ends,
  });

  function checks(want: ClaimOptions, now: number): CheckLease[] {
    const taken: Row[] = [];
    for (const { provider, limit } of want.from) {
      for (let count = 0; count < limit; count++) {
        const row = rows.takeCheck(provider, now);
        if (row === undefined) break;
        const until = now + want.leaseMs;
        row.check = { fence: row.check.fence + 1, until, claimId: want.claimId, starts: row.check.starts + 1 };
        row.task = { ...row.task, nextCheckAt: until };
        taken.push(row);
      }
    }
    // Only now: a lease of no length would be due again before this claim is through.
    for (const row of taken) rows.queueCheck(row);
    const pieces = taken.map((row) => [row.task.id, null] as const);
    remember(want.claimId, now, want.leaseMs, pieces);
    return taken.map((row) => checkLease(row, now));
  }

  function effects(want: ClaimOptions, now: number): EffectLease[] {
    const taken: (readonly [Row, EffectRow])[] = [];
    for (const { provider, limit, kinds = EFFECT_CAUSES } of want.from) {
      for (let count = 0; count < limit; count++) {
        const found = rows.takeEffect(provider, kinds, now);
        if (found === undefined) break;
        const [, effect] = found;
        effect.state = 'running';
        effect.fence += 1;
        effect.until = now + want.leaseMs;
        effect.claimId = want.claimId;
        effect.starts += 1;
        effect.runs += 1;
        taken.push(found);
      }
    }
    for (const [row, effect] of taken) rows.queueEffect(row, effect);
    const pieces = taken.map(([row, effect]) => [row.task.id, effectId(effect.kind, effect.number)] as const);
    remember(want.claimId, now, want.leaseMs, pieces);
    return taken.map(([row, effect]) => effectLease(row, effect));
  }

  /** The piece a lease names, if the lease is still held. */
  function heldBy(lease: CheckLease | EffectLease): { row: Row; effect: EffectRow | null } | undefined {
    const row = rows.get(lease.taskId);
    if (row === undefined) return undefined;
    if (lease.work === 'check') {
      return row.check.fence === lease.fence && row.check.until !== null ? { row, effect: null } : undefined;
    }
    const effect = row.effects.get(effectId(lease.kind, lease.number));
    return effect?.fence === lease.fence && effect.state === 'running' ? { row, effect } : undefined;
  }

  function finishCheck(row: Row, end: WorkEnd, now: number): void {
    const { deadlineAt, nextCheckAt } = row.task;
    // Somebody asked for a check while this one ran: that stands.
    const asked = nextCheckAt !== row.check.until;
    row.check.until = null;
    if (nextCheckAt !== null && !(asked && end.kind === 'again')) {
      const inMs = end.kind === 'again' ? end.inMs : 0;
      const again = deadlineAt > now ? Math.min(now + inMs, deadlineAt) : now + inMs;
      row.task = { ...row.task, nextCheckAt: end.kind === 'again' ? again : Math.max(deadlineAt, now) };
    }
    rows.queueCheck(row);
  }

  function finishEffect(row: Row, effect: EffectRow, end: WorkEnd, now: number): void {
    effect.ends += 1;
    effect.until = null;
    if (end.kind === 'again' || end.kind === 'dead') {
      effect.state = end.kind === 'again' ? 'due' : 'dead';
      effect.lastError = end.error ?? null;
      if (end.kind === 'again') effect.dueAt = now + end.inMs;
      rows.queueEffect(row, effect);
      return;
    }
    effect.state = 'done';
    effect.doneAt = now;
    if (end.kind === 'split') for (const kind of end.into) rows.makeDue(row, kind, effect.number, now);
    if (effect.again) {
      effect.again = false;
      rows.makeDue(row, effect.kind, effect.number, now);
    }
  }

  return {
    checks(want, now) {
      const held = stillHeld(want.claimId, now);
      return held.length > 0 ? held.map(([row]) => checkLease(row, now)) : checks(want, now);
    },
    effects(want, now) {
      const held = stillHeld(want.claimId, now).flatMap(([row, effect]) =>
        effect === null ? [] : [effectLease(row, effect)],
      );
      return held.length > 0 ? held : effects(want, now);
    },
    extend(lease, leaseMs, now) {
      const held = heldBy(lease);
      if (held === undefined) return false;
      const { effect, row } = held;
      const until = now + leaseMs;
      if (effect !== null) {
        effect.until = until;
        rows.queueEffect(row, effect);
        return true;
      }
      if (row.task.nextCheckAt === row.check.until) row.task = { ...row.task, nextCheckAt: until };
      row.check.until = until;
      rows.queueCheck(row);
      return true;
    },
    finish(lease, end, now) {
      if (lease.work === 'check' && (end.kind === 'dead' || end.kind === 'split')) {
        throw new TasklatchError('not_supported', `A check can't end as "${end.kind}": use "again" or "done".`);
      }
      const held = heldBy(lease);
      if (held === undefined) return false;
      if (held.effect === null) finishCheck(held.row, end, now);
      else finishEffect(held.row, held.effect, end, now);
      return true;
    },
  };
}
