import { randomUUID } from 'node:crypto';
import type { CheckLease, ClaimOptions, EffectLease, Lease, TaskStore } from '@tasklatch/core';
import { broken, pause } from './broken-store.js';

type Claim = TaskStore['claim'];

/** `claim` with other wishes, or another answer. */
function claiming(
  store: TaskStore,
  wish: (want: ClaimOptions) => ClaimOptions | Promise<ClaimOptions>,
  answer: <T extends Lease>(leases: readonly T[], want: ClaimOptions) => readonly T[] = (leases) => leases,
): { claim: Claim } {
  function claim(work: 'effect', want: ClaimOptions): Promise<readonly EffectLease[]>;
  function claim(work: 'check', want: ClaimOptions): Promise<readonly CheckLease[]>;
  async function claim(work: 'effect' | 'check', want: ClaimOptions): Promise<readonly Lease[]> {
    return work === 'effect'
      ? answer(await store.claim('effect', await wish(want)), want)
      : answer(await store.claim('check', await wish(want)), want);
  }
  return { claim };
}

const pieceOf = (lease: Lease): string =>
  lease.work === 'check' ? lease.taskId : `${lease.taskId} ${lease.kind} ${lease.number}`;

export const BROKEN_LEASES = [
  broken('forgets the fence', 'turns away whoever lost the lease to another', (store) => {
    const newest = new Map<string, Lease>();
    return {
      ...claiming(
        store,
        (want) => want,
        (leases) => {
          for (const lease of leases) newest.set(pieceOf(lease), lease);
          return leases;
        },
      ),
      finish: (lease, end) => store.finish(newest.get(pieceOf(lease)) ?? lease, end),
    };
  }),
  broken('extends leases that are lost', 'turns away whoever lost the lease to another', (store) => ({
    async extend(lease, leaseMs) {
      await store.extend(lease, leaseMs);
      return true;
    },
  })),
  broken('claims without a lease', 'gives no piece to a second claim while its lease holds', (store) =>
    claiming(store, (want) => ({ ...want, leaseMs: 0 })),
  ),
  broken('never lets a lease end', 'gives an effect whose lease is over to another, with a higher fence', (store) =>
    claiming(store, (want) => ({ ...want, leaseMs: 1e9 })),
  ),
  broken(
    'does not know a claim again',
    'gives the same leases, and nothing new, to a claim whose answer was lost',
    (store) => claiming(store, (want) => ({ ...want, claimId: randomUUID() })),
  ),
  broken(
    'lets the first provider take the whole claim',
    'lets a few due checks through beside a provider with a great many',
    (store) =>
      claiming(
        store,
        (want) => want,
        (leases, { from }) => leases.slice(0, from[0]?.limit),
      ),
  ),
  broken('gives every kind of effect', 'gives only the kinds it was asked for, all of them by default', (store) =>
    claiming(store, (want) => ({ ...want, from: want.from.map(({ kinds: _, ...one }) => one) })),
  ),
  broken(
    'judges leases by the clock of the caller',
    'gives a lease that holds to no process whose clock is ahead',
    (store, clock) => {
      const madeAt = Date.now();
      return claiming(store, async (want) => {
        await clock.advance(Math.max(0, Date.now() - madeAt - 3_600_000));
        return want;
      });
    },
  ),
  broken('counts no starts', 'gives an effect whose lease is over to another, with a higher fence', (store) =>
    claiming(
      store,
      (want) => want,
      (leases) => leases.map((lease) => ({ ...lease, starts: 1 })),
    ),
  ),
  broken('never says that the deadline has passed', 'says when the deadline has passed', (store) =>
    claiming(
      store,
      (want) => want,
      (leases) => leases.map((lease) => ('overdue' in lease ? { ...lease, overdue: false } : lease)),
    ),
  ),
  broken(
    'loses a piece now and then',
    'hands 10,000 due pieces of work to 20 workers, without a double or a miss',
    (store) =>
      claiming(
        store,
        (want) => want,
        (leases) => leases.slice(leases.length > 149 ? 1 : 0),
      ),
  ),
  broken('forgets whom it splits among', 'splits an effect into one for each handler', (store) => ({
    finish: (lease, end) => store.finish(lease, end.kind === 'split' ? { kind: 'done' } : end),
  })),
  broken(
    'splits once for each number',
    'splits `progress` again when the task grows, and ends its parts when it settles',
    (store) => {
      const split = new Set<string>();
      return {
        async finish(lease, end) {
          if (end.kind !== 'split') return store.finish(lease, end);
          const again = split.has(pieceOf(lease));
          split.add(pieceOf(lease));
          return store.finish(lease, again ? { kind: 'done' } : end);
        },
      };
    },
  ),
  broken('treats dead as done', 'parks an effect as dead until it is replayed', (store) => ({
    finish: (lease, end) => store.finish(lease, end.kind === 'dead' ? { kind: 'done' } : end),
  })),
  broken(
    'makes an effect due again at once',
    'makes an effect due again in the time asked for, and counts the end',
    (store) => ({
      finish: (lease, end) => store.finish(lease, end.kind === 'again' ? { ...end, inMs: 0 } : end),
    }),
  ),
  broken('lets a check end as dead', 'refuses ends that a check can not have', (store) => ({
    finish: (lease, end) => store.finish(lease, lease.work === 'check' ? { kind: 'done' } : end),
  })),
  broken('forgets growth while `progress` runs', 'runs `progress` again when the task grew while it ran', (store) => ({
    async finish(lease, end) {
      const finished = await store.finish(lease, end);
      const { provider } = lease.task;
      const kinds = ['progress'] as const;
      const want = { claimId: randomUUID(), leaseMs: 1, from: [{ provider, limit: 9, kinds }] };
      if (end.kind === 'done') for (const again of await store.claim('effect', want)) await store.finish(again, end);
      return finished;
    },
  })),
  broken(
    'hands one piece to all who ask at once',
    'gives each piece to one of 50 callers that claim at once',
    (store) => {
      let flying: Promise<readonly EffectLease[]> | undefined;
      function claim(work: 'effect', want: ClaimOptions): Promise<readonly EffectLease[]>;
      function claim(work: 'check', want: ClaimOptions): Promise<readonly CheckLease[]>;
      function claim(work: 'effect' | 'check', want: ClaimOptions): Promise<readonly Lease[]> {
        if (work === 'check') return store.claim('check', want);
        flying ??= pause().then(() => {
          flying = undefined;
          return store.claim('effect', want);
        });
        return flying;
      }
      return { claim };
    },
  ),
  broken('looks whether work is done, then does it', 'lets one of 50 callers finish', (store) => {
    const done = new Set<string>();
    return {
      async finish(lease, end) {
        if (done.has(pieceOf(lease))) return false;
        await pause();
        if (end.kind === 'done') done.add(pieceOf(lease));
        await store.finish(lease, end);
        return true;
      },
    };
  }),
];
