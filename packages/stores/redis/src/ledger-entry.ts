import { type Fact, type FactContent, type LedgerEntry, mergeFact, type Outcome } from '@tasklatch/core';

/** Reads an entry from its fields: `m:<key>` (seq, at, lastAt, copies, outcome), `f:<seq>` (key, line break, bare fact) and `c:<seq>`. */
export function ledgerEntryOf(taskId: string, meta: string, written: string, content: string): LedgerEntry {
  const [seq, at, lastAt, copies, outcome] = meta.split(' ');
  return {
    id: `${taskId}:${seq}`,
    seq: Number(seq),
    at: Number(at),
    lastAt: Number(lastAt),
    copies: Number(copies),
    outcome: outcome as Outcome, // As transition.lua says it.
    fact: factOf(written.slice(written.indexOf('\n') + 1), content),
  };
}

/** `content` is '' when there is none, or none any more. */
export const factOf = (bare: string, content: string): Fact =>
  // Both as `JSON.stringify` made them of what `splitFact` gave.
  mergeFact(JSON.parse(bare) as Fact, content === '' ? null : (JSON.parse(content) as FactContent));
