import type { RedisCalls } from './redis-calls.js';
import { asList, asNumber, asTexts } from './reply.js';

/** Something to be done in a shard: `drop` a quarantined entry, `unreserve` its room, `free` an externalId. */
type Later = readonly [shard: string, act: string, ...args: string[]];

/** Does what scripts left to do in other shards, and what follows from that. Answers how many quarantined entries went. */
export async function tidy(calls: RedisCalls, laters: readonly unknown[]): Promise<number> {
  if (laters.length === 0) return 0;
  const byShard = new Map<string, string[]>();
  for (const later of laters) {
    const [shard, act, ...args] = asTexts(later) as unknown as Later; // As `later` in quarantine.lua makes them.
    byShard.set(shard, [...(byShard.get(shard) ?? []), act, String(args.length), ...args]);
  }
  const replies = await Promise.all(
    [...byShard].map(async ([shard, acts]) => asList(await calls.run('tidy', Number(shard), ['0', '0', ...acts]))),
  );
  const done = replies.reduce((sum, [count]) => sum + asNumber(count), 0);
  return (
    done +
    (await tidy(
      calls,
      replies.flatMap(([, further]) => asList(further)),
    ))
  );
}
