import type { Fact, LedgerEntry, Outcome } from '@tasklatch/core';

/** Reads an entry from its two fields: `m:<key>` (seq, at, lastAt, copies, outcome) and `f:<seq>` (key, line break, fact). */
export function ledgerEntryOf(taskId: string, meta: string, written: string): LedgerEntry {
  const [seq, at, lastAt, copies, outcome] = meta.split(' ');
  return {
    id: `${taskId}:${seq}`,
    seq: Number(seq),
    at: Number(at),
    lastAt: Number(lastAt),
    copies: Number(copies),
    outcome: outcome as Outcome, // As transition.lua says it.
    fact: factOf(written.slice(written.indexOf('\n') + 1)),
  };
}

export const factOf = (json: string): Fact => JSON.parse(json) as Fact; // As `JSON.stringify` made it of a Fact.
