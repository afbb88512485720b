import type { PurgeQuery } from '@tasklatch/core';
import type { RedisCalls } from './redis-calls.js';
import { asList, asNumber } from './reply.js';
import { shareOut } from './share-out.js';
import { tidy } from './tidy.js';
import { placeOfEntry } from './travel.js';

/** So many in one script: a few milliseconds in which nobody else is served. */
const AT_ONCE = 100;

interface Most {
  readonly tasks: number;
  readonly entries: number;
  readonly contents: number;
}

/** Purges the oldest of all shards: tasks, then quarantined entries, then contents of the tasks that stay. */
export async function purgeOld(calls: RedisCalls, query: PurgeQuery): Promise<number> {
  if (query.discard !== undefined) return discard(calls, query.discard);
  const limit = query.limit ?? 500;
  let gone = 0;
  while (gone < limit) {
    const shares = await sharesOf(calls, query, Math.min(AT_ONCE, limit - gone));
    if (shares.every(({ tasks, entries, contents }) => tasks + entries + contents === 0)) break;
    // May be fewer, when another purge was quicker or the contents are many: there may be more all the same.
    const counts = await Promise.all(shares.map((share, shard) => purgeIn(calls, query, shard, share)));
    gone += counts.reduce((sum, one) => sum + one, 0);
  }
  return gone;
}

async function sharesOf(calls: RedisCalls, query: PurgeQuery, most: number): Promise<readonly Most[]> {
  const shards = calls.shards.all;
  const looks = await Promise.all(
    shards.map(async (shard) => {
      const args = [...agesOf(query), String(most), String(most), String(most), '1'];
      return asList(await calls.run('purge', shard, args)).map((times) => asList(times).map(asNumber));
    }),
  );
  let left = most;
  const [tasks, entries, contents] = ([0, 1, 2] as const).map((which) => {
    const shares = shareOut(
      looks.map((times) => times[which] ?? []),
      left,
    );
    left -= shares.reduce((sum, one) => sum + one, 0);
    return shares;
  });
  return shards.map((shard) => ({
    tasks: tasks?.[shard] ?? 0,
    entries: entries?.[shard] ?? 0,
    contents: contents?.[shard] ?? 0,
  }));
}

async function purgeIn(calls: RedisCalls, query: PurgeQuery, shard: number, most: Most): Promise<number> {
  const { tasks, entries, contents } = most;
  const args = [...agesOf(query), String(tasks), String(entries), String(contents), '0'];
  const [gone, laters] = asList(await calls.run('purge', shard, args));
  await tidy(calls, asList(laters));
  return asNumber(gone);
}

function agesOf(query: PurgeQuery): readonly string[] {
  const { settledForMs, abandonedForMs, quarantinedForMs, contentForMs = Number.POSITIVE_INFINITY } = query;
  return ['0', '0', settledForMs, abandonedForMs, quarantinedForMs, contentForMs].map(String);
}

async function discard(calls: RedisCalls, ids: readonly string[]): Promise<number> {
  const drops = ids.flatMap((id) => {
    const entry = placeOfEntry(id, calls.shards);
    return entry === undefined ? [] : [[String(entry.shard), 'drop', entry.n]];
  });
  return tidy(calls, drops);
}
