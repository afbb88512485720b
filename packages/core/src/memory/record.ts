import type { Fact } from '../fact.js';
import type { LedgerEntry, Outcome, Recorded, StoreLimits } from '../store.js';
import { openUnknown, transition } from '../transition.js';
import type { MemoryQuarantine } from './quarantine.js';
import type { MemoryRows, Row, Wake } from './rows.js';

type Said = Pick<Recorded, 'outcome' | 'duplicate' | 'changed'>;

/** The `record` of the memory store, for one fact at a time: nothing can come in between. */
export interface MemoryRecord {
  record(fact: Fact, now: number): Said & { readonly row: Row | undefined };
  /** Takes out of the quarantine what belongs to the task. */
  adopt(row: Row, now: number): void;
}

export function memoryRecord(
  rows: MemoryRows,
  quarantine: MemoryQuarantine,
  limits: StoreLimits,
  wake: Wake,
): MemoryRecord {
  /** Joins a fact into its task; `seen` carries the times and copies of an adopted one. */
  function apply(row: Row, fact: Fact, now: number, seen?: Pick<LedgerEntry, 'at' | 'lastAt' | 'copies'>): Said {
    const known = row.byKey.get(fact.key);
    const entry = known === undefined ? undefined : row.entries[known];
    if (known !== undefined && entry !== undefined) {
      row.entries[known] = { ...entry, copies: entry.copies + (seen?.copies ?? 1), lastAt: seen?.lastAt ?? now };
      return { outcome: entry.outcome, duplicate: true, changed: false };
    }
    const owner = fact.externalId === null ? undefined : rows.find(fact.provider, fact.externalId);
    const hadId = row.task.externalId;
    const step = transition(row.task, fact, now, owner !== undefined && owner !== row);
    rows.keep(row, step.task);
    if (fact.trust === 'hint' && step.outcome === 'hint') wake('check', row.task.id);
    const written = write(row, fact, step.outcome, seen ?? { at: now, lastAt: now, copies: 1 });
    if (step.due === 'settled') {
      rows.makeDue(row, 'settled', step.task.verdicts, now);
      rows.endProgress(row, now);
    }
    if (step.due === 'progress') rows.makeDue(row, 'progress', 0, now);
    if (fact.announce && written !== null && step.outcome !== 'foreign') rows.makeDue(row, 'fact', written.seq, now);
    if (fact.replay !== null) {
      for (const effect of row.effects.values()) {
        if (effect.kind === fact.replay && (effect.state === 'dead' || effect.state === 'done')) {
          rows.makeDue(row, effect.kind, effect.number, now);
        }
      }
    }
    if (step.task.externalId !== null && step.task.externalId !== hadId) adopt(row, now);
    return { outcome: step.outcome, duplicate: false, changed: step.changed };
  }

  function write(
    row: Row,
    fact: Fact,
    outcome: Outcome,
    seen: Pick<LedgerEntry, 'at' | 'lastAt' | 'copies'>,
  ): LedgerEntry | null {
    const always = outcome === 'settled' || fact.source === 'operator' || fact.notSent !== null;
    if (row.entries.length >= limits.ledgerEntries && !always) {
      row.dropped += 1;
      return null;
    }
    const seq = row.entries.length + 1;
    const { at, lastAt, copies } = seen;
    const entry: LedgerEntry = { id: `${row.task.id}:${seq}`, seq, at, lastAt, copies, outcome, fact };
    row.byKey.set(fact.key, row.entries.length);
    row.entries.push(entry);
    return entry;
  }

  function adopt(row: Row, now: number): void {
    for (const entry of quarantine.takeFor(row.task)) apply(row, entry.fact, now, entry);
  }

  function rowOf(fact: Fact): Row | undefined {
    if (fact.taskId !== null) {
      const row = rows.get(fact.taskId);
      return row?.task.provider === fact.provider ? row : undefined;
    }
    return fact.externalId === null ? undefined : rows.find(fact.provider, fact.externalId);
  }

  function recordOne(fact: Fact, now: number): Said & { readonly row: Row | undefined } {
    if (fact.releases !== null) quarantine.discard([fact.releases]);
    let row = rowOf(fact);
    if (row === undefined && fact.taskId === null && fact.externalId !== null) {
      const opened = openUnknown(fact, now);
      const held = opened === null ? undefined : rows.get(opened.id);
      if (held?.task.provider === fact.provider) row = held;
      else if (opened !== null && held === undefined) row = rows.insert(opened);
    }
    if (row !== undefined && !fact.unparseable) return { row, ...apply(row, fact, now) };
    if (fact.source !== 'delivery') return { row, outcome: 'foreign', duplicate: false, changed: false };
    return { row, changed: false, ...quarantine.add(fact, now) };
  }

  return { record: recordOne, adopt };
}
