import { randomUUID } from 'node:crypto';
import type { CheckLease, EffectLease, Lease } from '@tasklatch/core';
import type { Suite } from './suite.js';
import { atOnce, LONG, present, type World } from './world.js';

/** The name of a piece of work. */
const pieceOf = (lease: Lease): string =>
  lease.work === 'check' ? `check ${lease.taskId}` : `${lease.kind} ${lease.taskId} ${lease.number}`;

/** 5,000 due effects and 5,000 due checks, of a few providers. */
async function makeWork<Tx>(world: World<Tx>, providers: readonly string[]): Promise<void> {
  const facts = Array.from({ length: 10_000 }, (_, index) => {
    const id = `${world.provider}-${index}`;
    const provider = present(providers[index % providers.length]);
    const status = index < 5_000 ? 'succeeded' : 'running';
    return world.fact({ provider, externalId: id, status, open: { id, deadlineMs: 0 } });
  });
  const batches = Array.from({ length: 40 }, (_, index) => facts.slice(index * 250, (index + 1) * 250));
  // Four lanes, as several accepting processes would send them.
  await Promise.all(
    Array.from({ length: 4 }, async (_, lane) => {
      const store = lane % 2 === 0 ? world.store : world.other;
      for (let index = lane; index < batches.length; index += 4) await store.record(batches[index] ?? []);
    }),
  );
}

export function concurrencyCases<Tx>({ it, expect }: Suite<Tx>): void {
  it('hands 10,000 due pieces of work to 20 workers, without a double or a miss', async (world) => {
    const providers = ['a', 'b', 'c'].map((name) => `${name}-${world.provider}`);
    await makeWork(world, providers);
    const kinds = ['settled'] as const;
    const from = providers.map((provider) => ({ provider, limit: 50, kinds }));
    const given = await atOnce(world, 20, async (store) => {
      const leases: Lease[] = [];
      // Others may hold what is left for a moment, so nothing once is not the end.
      for (let idle = 0; idle < 5; ) {
        const want = { leaseMs: LONG, from };
        const effects = await store.claim('effect', { ...want, claimId: randomUUID() });
        const checks = await store.claim('check', { ...want, claimId: randomUUID() });
        leases.push(...effects, ...checks);
        idle = effects.length + checks.length === 0 ? idle + 1 : 0;
      }
      return leases;
    });
    const pieces = given.flat().map(pieceOf);
    expect(pieces.length).toBe(10_000);
    expect(new Set(pieces).size).toBe(10_000);
    expect(given.flat().every(({ starts }) => starts === 1)).toBe(true);
  }, 120_000);

  it('gives each piece to one of 50 callers that claim at once', async (world) => {
    for (let count = 0; count < 30; count += 1) {
      const { externalId } = await world.submit();
      await world.say({ externalId, status: 'succeeded' });
      await world.open({ sendWithinMs: 0 });
    }
    const from = [{ provider: world.provider, limit: 2 }];
    const effects = await atOnce(world, 50, (store) => store.claim('effect', world.want({ from, kinds: ['settled'] })));
    const checks = await atOnce(world, 50, (store) => store.claim('check', world.want({ from })));
    for (const leases of [effects, checks] as readonly (readonly Lease[])[][]) {
      expect(leases.every(({ length }) => length <= 2)).toBe(true);
      const pieces = leases.flat().map(pieceOf);
      expect(new Set(pieces).size).toBe(pieces.length);
    }
    const rest = [
      ...(await world.store.claim('effect', world.want({ kinds: ['settled'] }))),
      ...(await world.store.claim('check', world.want())),
    ];
    expect(effects.flat().length + checks.flat().length + rest.length).toBe(60);
  });

  it('gives one claim id the same leases, however many ask with it at once', async (world) => {
    for (let count = 0; count < 10; count += 1) await world.open({ sendWithinMs: 0 });
    const want = world.want({ from: [{ provider: world.provider, limit: 3 }] });
    const leases = (await atOnce(world, 50, (store) => store.claim('check', want))).flat();
    const fences = new Map<string, Set<number>>();
    for (const lease of leases) fences.set(lease.taskId, (fences.get(lease.taskId) ?? new Set()).add(lease.fence));
    expect([...fences.values()].every(({ size }) => size === 1)).toBe(true);
    for (const { starts } of leases) expect(starts).toBe(1);
  });

  it('hands a lease that is over to one of 50 callers', async (world) => {
    const { externalId } = await world.submit();
    await world.say({ externalId, status: 'succeeded' });
    await world.open({ sendWithinMs: 0 });
    await world.claimEffect({ kinds: ['settled'], leaseMs: 1 });
    await world.claimCheck({ leaseMs: 1 });
    await world.pass(2);
    const effects = await atOnce(world, 50, (store) => store.claim('effect', world.want({ kinds: ['settled'] })));
    const checks = await atOnce(world, 50, (store) => store.claim('check', world.want()));
    expect(effects.flat().map(({ starts }) => starts)).toEqual([2]);
    expect(checks.flat().map(({ starts }) => starts)).toEqual([2]);
  });

  it('settles tasks once while workers, deliveries and operators all work on them', async (world) => {
    const tasks = await Promise.all(Array.from({ length: 10 }, () => world.submit()));
    let runs = 0;
    await atOnce(world, 20, async (store, index) => {
      for (const { id, externalId } of tasks) {
        await store.record([
          world.fact({ externalId, status: 'running', progress: index * 4, announce: true, nonce: `${index}` }),
          world.fact({ externalId, status: 'succeeded', nonce: `${index % 3}` }),
          world.fact({ taskId: id, source: 'operator', status: null, replay: 'progress', nonce: `${index}` }),
        ]);
        const leases: readonly EffectLease[] = await store.claim('effect', world.want({ leaseMs: LONG }));
        for (const lease of leases) {
          await store.extend(lease, LONG);
          const finished = await store.finish(lease, { kind: 'done' });
          if (finished && lease.kind === 'settled') runs += 1;
        }
        const checks: readonly CheckLease[] = await store.claim('check', world.want());
        for (const lease of checks) await store.finish(lease, { kind: 'again', inMs: 0 });
      }
    });
    expect(runs).toBe(10);
    for (const { id } of tasks) {
      const { verdicts, progress } = await world.task(id);
      expect([verdicts, progress]).toEqual([1, 100]);
      const { entries, effects } = await world.ledger(id);
      expect(entries.filter(({ outcome }) => outcome === 'settled').length).toBe(1);
      expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index + 1));
      expect(effects.filter(({ kind }) => kind === 'settled')).toMatchObject([{ state: 'done', runs: 1, ends: 1 }]);
    }
  });
}
