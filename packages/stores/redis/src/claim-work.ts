import {
  type CheckLease,
  type ClaimOptions,
  EFFECT_CAUSES,
  type EffectKind,
  type EffectLease,
  type Lease,
} from '@tasklatch/core';
import { ledgerEntryOf } from './ledger-entry.js';
import type { RedisCalls } from './redis-calls.js';
import { asList, asNumber, asText, asTexts } from './reply.js';
import { shareOut } from './share-out.js';
import { taskRecordOf } from './task-record.js';
import { escapeText } from './text.js';

type Work = 'check' | 'effect';

/**
 * Claims the oldest due pieces of each provider, whichever shards they are in. Several shards are asked first what they hold for this
 * claim, which may be a repeated one, and what is due; then each is asked for its share.
 */
export async function claimWork(calls: RedisCalls, work: Work, want: ClaimOptions): Promise<readonly Lease[]> {
  if (calls.shards.count === 1) return (await claimIn(calls, 0, work, want, false)).leases;
  const looks = await Promise.all(calls.shards.all.map((shard) => claimIn(calls, shard, work, want, true)));
  const held = looks.flatMap(({ leases }) => leases);
  if (held.length > 0) return held;
  const shares = want.from.map(({ limit }, index) =>
    shareOut(
      looks.map(({ due }) => due[index] ?? []),
      limit,
    ),
  );
  const claimed = await Promise.all(
    calls.shards.all.map(async (shard) => {
      const from = want.from.map((one, index) => ({ ...one, limit: shares[index]?.[shard] ?? 0 }));
      if (from.every(({ limit }) => limit === 0)) return [];
      return (await claimIn(calls, shard, work, { ...want, from }, false)).leases;
    }),
  );
  return claimed.flat();
}

async function claimIn(
  calls: RedisCalls,
  shard: number,
  work: Work,
  want: ClaimOptions,
  look: boolean,
): Promise<{ readonly leases: readonly Lease[]; readonly due: readonly (readonly number[])[] }> {
  const asked = {
    work,
    claimId: escapeText(want.claimId),
    leaseMs: want.leaseMs,
    from: want.from.map(({ provider, limit, kinds = EFFECT_CAUSES }) => [
      escapeText(provider),
      Math.max(0, Math.floor(limit)),
      work === 'check' ? ['check'] : [...new Set(kinds)],
    ]),
    look,
  };
  const send = look ? calls.run : calls.commit;
  const [leases, tasks, due] = asList(await send('claim', shard, [JSON.stringify(asked)]));
  const records = new Map(asList(tasks).map((reply) => [asText(asList(reply)[0]), taskRecordOf(reply).task]));
  return {
    due: asList(due).map((times) => asList(times).map(asNumber)),
    leases: asList(leases).map((reply): Lease => {
      const [id = '', kind = '', number, fence, starts, ends, overdue, meta = '', fact = '', content = ''] =
        asTexts(reply);
      const task = records.get(id);
      if (task === undefined) throw new Error('claim.lua gave a lease without its task.');
      const common = { taskId: task.id, fence: Number(fence), task, starts: Number(starts) };
      if (kind === 'check') return { work: 'check', ...common, overdue: overdue === '1' } satisfies CheckLease;
      return {
        work: 'effect',
        ...common,
        kind: kind as EffectKind, // One of those that were asked for.
        number: Number(number),
        entry: meta === '' ? null : ledgerEntryOf(task.id, meta, fact, content),
        ends: Number(ends),
      } satisfies EffectLease;
    }),
  };
}
