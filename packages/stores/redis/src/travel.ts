import { type Fact, isTerminal, splitFact } from '@tasklatch/core';
import type { Shards } from './shards.js';
import { escapeOptional, escapeText, flag } from './text.js';

/** A fact on its way through the shards it needs. */
export interface Travel {
  /** What the scripts need to know of the fact, and the whole of it in two parts, all as they take it. No content: ''. */
  readonly small: string;
  readonly bare: string;
  readonly content: string;
  /** Its place in the answers; null for a quarantined fact that is adopted on the way. */
  readonly slot: number | null;
  /** Facts of one chain do not overtake each other. */
  readonly chain: string;
  /** Where it goes next, and what it learned in the shards it has seen. */
  readonly shard: number;
  readonly learned: string;
}

/** Ids of quarantined entries name the shard they lie in. */
export const entryId = (shard: number, n: string): string => `q${shard}.${n}`;

export function placeOfEntry(id: string, shards: Shards): { readonly shard: number; readonly n: string } | undefined {
  const [, shard, n] = /^q(\d{1,4})\.(\d{1,15})$/.exec(id) ?? [];
  if (shard === undefined || n === undefined || Number(shard) >= shards.count) return undefined;
  return { shard: Number(shard), n };
}

export function travelsOf(facts: readonly Fact[], shards: Shards): Travel[] {
  const chains = chainsOf(facts);
  return facts.map((fact, slot) => {
    const task = fact.taskId === null ? undefined : shards.ofTask(fact.taskId);
    const id = fact.externalId === null ? undefined : shards.ofExternalId(fact.provider, fact.externalId);
    const home = shards.homeOf(fact.provider);
    const { bare, content } = splitFact(fact);
    return {
      small: JSON.stringify(smallOf(fact, shards, { task, id, home })),
      bare: JSON.stringify(bare),
      content: content === null ? '' : JSON.stringify(content),
      slot,
      chain: String(chains[slot]),
      shard: task ?? id ?? home,
      learned: '',
    };
  });
}

function smallOf(
  fact: Fact,
  shards: Shards,
  at: { readonly task: number | undefined; readonly id: number | undefined; readonly home: number },
): Record<string, string | undefined> {
  const releases = fact.releases === null ? undefined : placeOfEntry(fact.releases, shards);
  const verdict = fact.trust === 'authentic' && fact.status !== null && isTerminal(fact.status);
  return {
    provider: escapeText(fact.provider),
    taskId: escapeOptional(fact.taskId),
    taskShard: optional(at.task),
    externalId: escapeOptional(fact.externalId),
    idShard: optional(at.id),
    homeShard: String(at.home),
    source: fact.source,
    trust: fact.trust,
    status: fact.status ?? undefined,
    progress: optional(fact.progress),
    // Opaque to the scripts, and only needed when the fact may settle its task.
    result: verdict && fact.result !== null ? JSON.stringify(fact.result) : undefined,
    error: verdict && fact.error !== null ? JSON.stringify(fact.error) : undefined,
    key: escapeText(fact.key),
    checkInMs: optional(fact.checkInMs),
    notSent: escapeOptional(fact.notSent),
    unparseable: flag(fact.unparseable),
    announce: flag(fact.announce),
    replay: fact.replay ?? undefined,
    openId: escapeOptional(fact.open?.id),
    openShard: optional(fact.open === null ? null : shards.ofTask(fact.open.id)),
    openDeadlineMs: optional(fact.open?.deadlineMs),
    releases: releases?.n,
    releasesShard: optional(releases?.shard),
    bytes: String(fact.delivery?.body?.length ?? 0),
  };
}

const optional = (number: number | null | undefined): string | undefined =>
  number === null || number === undefined ? undefined : String(number);

/**
 * A number for each fact, the same for facts that may be about one task: those that name it alike, and all of a provider when some name
 * the task and some only its externalId.
 */
function chainsOf(facts: readonly Fact[]): readonly number[] {
  const chains = facts.map((_, index) => index);
  const firstWith = new Map<string, number>();
  const rootOf = (index: number): number => {
    const above = chains[index] ?? index;
    return above === index ? index : rootOf(above);
  };
  const unnamed = providersOf(facts, (fact) => fact.taskId === null);
  const named = providersOf(facts, (fact) => fact.taskId !== null);
  facts.forEach((fact, index) => {
    const provider = escapeText(fact.provider);
    for (const name of [
      unnamed.has(fact.provider) && named.has(fact.provider) ? `provider ${provider}` : undefined,
      fact.taskId === null ? undefined : `task ${fact.taskId}`,
      fact.externalId === null ? undefined : `id ${provider}\n${fact.externalId}`,
    ]) {
      if (name === undefined) continue;
      const first = firstWith.get(name);
      if (first === undefined) firstWith.set(name, index);
      else chains[rootOf(index)] = rootOf(first);
    }
  });
  return facts.map((_, index) => rootOf(index));
}

const providersOf = (facts: readonly Fact[], which: (fact: Fact) => boolean): ReadonlySet<string> =>
  new Set(facts.filter(which).map(({ provider }) => provider));
