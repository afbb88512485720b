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
}

/** Purges the oldest of all shards, tasks before quarantined entries. */
export async function purgeOld(calls: RedisCalls, query: PurgeQuery): Promise<number> {
  if (query.discard !== undefined) return discard(calls, query.discard);
  const limit = query.limit ?? 500;
  let gone = 0;
  while (gone < limit) {
    const shares = await sharesOf(calls, query, Math.min(AT_ONCE, limit - gone));
    if (shares.every(({ tasks, entries }) => tasks + entries === 0)) break;
    // May be none, when another purge was quicker: there may be more all the same.
    const counts = await Promise.all(shares.map((share, shard) => purgeIn(calls, query, shard, share)));
    gone += counts.reduce((sum, one) => sum + one, 0);
  }
  return gone;
}

async function sharesOf(calls: RedisCalls, query: PurgeQuery, most: number): Promise<readonly Most[]> {
  const shards = calls.shards.all;
  const looks = await Promise.all(
    shards.map(async (shard) => {
      const args = [...agesOf(query), String(most), String(most), '1'];
      return asList(await calls.run('purge', shard, args)).map((times) => asList(times).map(asNumber));
    }),
  );
  const tasks = shareOut(
    looks.map(([times = []]) => times),
    most,
  );
  const left = most - tasks.reduce((sum, one) => sum + one, 0);
  const entries = shareOut(
    looks.map(([, times = []]) => times),
    left,
  );
  return shards.map((shard) => ({ tasks: tasks[shard] ?? 0, entries: entries[shard] ?? 0 }));
}

async function purgeIn(calls: RedisCalls, query: PurgeQuery, shard: number, most: Most): Promise<number> {
  const args = [...agesOf(query), String(most.tasks), String(most.entries), '0'];
  const [gone, laters] = asList(await calls.run('purge', shard, args));
  await tidy(calls, asList(laters));
  return asNumber(gone);
}

const agesOf = (query: PurgeQuery): readonly string[] =>
  ['0', '0', query.settledForMs, query.abandonedForMs, query.quarantinedForMs].map(String);

async function discard(calls: RedisCalls, ids: readonly string[]): Promise<number> {
  const drops = ids.flatMap((id) => {
    const entry = placeOfEntry(id, calls.shards);
    return entry === undefined ? [] : [[String(entry.shard), 'drop', entry.n]];
  });
  return tidy(calls, drops);
}
