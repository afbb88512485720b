/** Of the oldest `limit` times in all, how many are each shard's. `times`: for each shard, its oldest. */
export function shareOut(times: readonly (readonly number[])[], limit: number): readonly number[] {
  const shares = times.map(() => 0);
  const oldest = times
    .flatMap((ofShard, shard) => ofShard.map((at) => ({ at, shard })))
    .sort((a, b) => a.at - b.at)
    .slice(0, Math.max(0, limit));
  for (const { shard } of oldest) shares[shard] = (shares[shard] ?? 0) + 1;
  return shares;
}
