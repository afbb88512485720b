import {
  causeOf,
  type EffectKind,
  type EffectRecord,
  type Fact,
  type LedgerEntry,
  type Recorded,
  type StoreLimits,
  type Task,
  transition,
} from '@tasklatch/core';

/** All that belongs to one task, as one JSON value. What an act does to a task is a function from row to row. */
export interface TaskRow {
  readonly task: Task;
  readonly entries: readonly LedgerEntry[];
  readonly dropped: number;
  readonly effects: readonly EffectRow[];
  readonly check: CheckRow;
}

export interface EffectRow extends EffectRecord {
  readonly fence: number;
  readonly claimId: string | null;
  /** It became due again while it was running. */
  readonly again: boolean;
}

export interface CheckRow {
  readonly fence: number;
  readonly claimId: string | null;
  readonly leaseUntil: number | null;
  readonly starts: number;
}

export const rowOf = (task: Task): TaskRow => ({
  task,
  entries: [],
  dropped: 0,
  effects: [],
  check: { fence: 0, claimId: null, leaseUntil: null, starts: 0 },
});

export type Seen = Pick<LedgerEntry, 'at' | 'lastAt' | 'copies'>;

export interface Joined extends Pick<Recorded, 'outcome' | 'duplicate' | 'changed'> {
  readonly row: TaskRow;
}

/**
 * Joins one fact into its task. `foreign`: its external id belongs to another task. `seen`: what the quarantine had counted, for a
 * fact that was adopted.
 */
export function joinFact(
  row: TaskRow,
  fact: Fact,
  now: number,
  foreign: boolean,
  limits: Pick<StoreLimits, 'ledgerEntries'>,
  seen: Seen = { at: now, lastAt: now, copies: 1 },
): Joined {
  const known = row.entries.find((entry) => entry.fact.key === fact.key);
  if (known !== undefined) {
    const counted = { ...known, copies: known.copies + seen.copies, lastAt: Math.max(known.lastAt, seen.lastAt) };
    const entries = row.entries.map((entry) => (entry === known ? counted : entry));
    return { row: { ...row, entries }, outcome: known.outcome, duplicate: true, changed: false };
  }

  const step = transition(row.task, fact, now, foreign);
  const { outcome, changed } = step;
  const always = outcome === 'settled' || fact.source === 'operator' || fact.notSent !== null;
  const written = always || row.entries.length < limits.ledgerEntries;
  const seq = row.entries.length + 1;
  const entry: LedgerEntry = { id: `${row.task.id}:${seq}`, seq, ...seen, outcome, fact };

  let { effects } = row;
  if (step.due === 'settled') effects = endProgress(makeDue(effects, 'settled', step.task.verdicts, now), now);
  if (step.due === 'progress') effects = makeDue(effects, 'progress', 0, now);
  if (fact.announce && written && outcome !== 'foreign') effects = makeDue(effects, 'fact', seq, now);
  if (fact.replay !== null) effects = replay(effects, fact.replay, now);
  return {
    row: {
      ...row,
      task: step.task,
      effects,
      entries: written ? [...row.entries, entry] : row.entries,
      dropped: row.dropped + (written ? 0 : 1),
    },
    outcome,
    duplicate: false,
    changed,
  };
}

/** A new run: it counts from zero, but `runs` and `fence` go on. */
export const renewed = (effect: EffectRow, now: number): EffectRow => ({
  ...effect,
  state: 'due',
  dueAt: now,
  leaseUntil: null,
  starts: 0,
  ends: 0,
  doneAt: null,
  lastError: null,
});

export function makeDue(
  effects: readonly EffectRow[],
  kind: EffectKind,
  number: number,
  now: number,
): readonly EffectRow[] {
  const held = effects.find((effect) => effect.kind === kind && effect.number === number);
  if (held === undefined) {
    const none = { fence: 0, claimId: null, again: false, runs: 0, starts: 0, ends: 0 };
    const times = { dueAt: now, leaseUntil: null, doneAt: null };
    return [...effects, { kind, number, state: 'due', ...none, ...times, lastError: null }];
  }
  const next = held.state === 'due' ? held : held.state === 'running' ? { ...held, again: true } : renewed(held, now);
  return effects.map((effect) => (effect === held ? next : effect));
}

/** Nobody wants to hear of progress once the task has settled. A run that is under way ends by itself. */
function endProgress(effects: readonly EffectRow[], now: number): readonly EffectRow[] {
  return effects.map((effect) => {
    if (causeOf(effect.kind) !== 'progress') return effect;
    return effect.state === 'running'
      ? { ...effect, again: false }
      : { ...effect, again: false, state: 'done', doneAt: now };
  });
}

function replay(effects: readonly EffectRow[], kind: EffectKind, now: number): readonly EffectRow[] {
  return effects.map((effect) =>
    effect.kind === kind && (effect.state === 'dead' || effect.state === 'done') ? renewed(effect, now) : effect,
  );
}
