import type { Suite } from './suite.js';
import { aDayAhead, LONG, only, present, SHORT } from './world.js';

export function claimCases<Tx>({ it, expect }: Suite<Tx>): void {
  it('gives nothing when nothing is due', async ({ submit, store, want }) => {
    await submit();
    const asked = want({ kinds: ['settled', 'fact'] });
    expect(await store.claim('effect', asked)).toEqual([]);
    expect(await store.claim('check', asked)).toEqual([]);
    expect(await store.claim('check', want({ from: [] }))).toEqual([]);
  });

  it('gives a due effect with its task, and counts the start', async ({ submit, say, claimEffect, effects, task }) => {
    const { id, externalId } = await submit();
    await say({ externalId, status: 'succeeded' });
    const lease = await claimEffect({ kinds: ['settled'] });
    expect(lease).toMatchObject({ work: 'effect', taskId: id, kind: 'settled', number: 1, entry: null });
    expect(lease).toMatchObject({ starts: 1, ends: 0 });
    expect(lease.task).toEqual(await task(id));
    const record = only((await effects(id)).filter(({ kind }) => kind === 'settled'));
    expect(record).toMatchObject({ state: 'running', runs: 1, starts: 1, ends: 0 });
    expect(present(record.leaseUntil) > lease.task.createdAt).toBe(true);
  });

  it('gives a `fact` effect the entry it is about', async ({ submit, say, claimEffect, ledger }) => {
    const { id, externalId } = await submit();
    await say({ externalId, status: 'running', announce: true, providerStatus: 'busy' });
    const lease = await claimEffect({ kinds: ['fact'] });
    expect(lease.number).toBe(2);
    expect(lease.entry).toEqual(present((await ledger(id)).entries[1]));
  });

  it('gives a due check with its task, and the next one falls due when the lease is over', async (world) => {
    const { id, createdAt } = await world.open({ sendWithinMs: 0, deadlineMs: LONG });
    const lease = await world.claimCheck({ leaseMs: 50_000 });
    expect(lease).toMatchObject({ work: 'check', taskId: id, starts: 1, overdue: false });
    const task = await world.task(id);
    expect(lease.task).toEqual(task);
    expect(present(task.nextCheckAt) >= createdAt + 50_000).toBe(true);
  });

  it('says when the deadline has passed', async ({ open, claimCheck }) => {
    await open({ sendWithinMs: 0, deadlineMs: 0 });
    expect((await claimCheck()).overdue).toBe(true);
  });

  it('gives no piece to a second claim while its lease holds', async (world) => {
    const { externalId } = await world.submit();
    await world.say({ externalId, status: 'succeeded' });
    await world.open({ sendWithinMs: 0 });
    await world.claimEffect({ kinds: ['settled'] });
    await world.claimCheck();
    expect(await world.other.claim('effect', world.want({ kinds: ['settled'] }))).toEqual([]);
    expect(await world.other.claim('check', world.want())).toEqual([]);
  });

  it('gives the same leases, and nothing new, to a claim whose answer was lost', async (world) => {
    for (let count = 0; count < 5; count += 1) await world.open({ sendWithinMs: 0 });
    const first = await world.store.claim('check', world.want({ claimId: 'lost-1', from: limited(world, 3) }));
    const again = await world.other.claim('check', world.want({ claimId: 'lost-1', from: limited(world, 3) }));
    expect(first.length).toBe(3);
    expect(byTask(again)).toEqual(byTask(first));
    expect((await world.store.claim('check', world.want())).length).toBe(2);
    for (const { externalId } of [await world.submit(), await world.submit(), await world.submit()]) {
      await world.say({ externalId, status: 'failed' });
    }
    const ask = () => world.want({ claimId: `effects-${world.provider}`, kinds: ['settled'], from: limited(world, 2) });
    const effects = await world.store.claim('effect', ask());
    expect(effects.length).toBe(2);
    expect(byTask(await world.other.claim('effect', ask()))).toEqual(byTask(effects));
  });

  it('gives a repeated claim only what it still holds, and new work once that is nothing', async (world) => {
    for (let count = 0; count < 3; count += 1) {
      await world.say({ externalId: (await world.submit()).externalId, status: 'failed' });
    }
    const ask = () => world.want({ claimId: `again-${world.provider}`, kinds: ['settled'], from: limited(world, 2) });
    const [one, two] = await world.store.claim('effect', ask());
    await world.store.finish(present(one), { kind: 'done' });
    expect(await world.store.claim('effect', ask())).toEqual([present(two)]);
    await world.store.finish(present(two), { kind: 'done' });
    expect((await world.store.claim('effect', ask())).length).toBe(1);
  });

  it('gives an effect whose lease is over to another, with a higher fence', async (world) => {
    const { id, externalId } = await world.submit();
    await world.say({ externalId, status: 'succeeded' });
    const dead = await world.claimEffect({ kinds: ['settled'], leaseMs: SHORT });
    await world.pass(SHORT);
    const next = only(await world.other.claim('effect', world.want({ kinds: ['settled'] })));
    expect(next.fence > dead.fence).toBe(true);
    expect(next).toMatchObject({ taskId: id, starts: 2, ends: 0 });
    const [record] = (await world.effects(id)).filter(({ kind }) => kind === 'settled');
    expect(record).toMatchObject({ state: 'running', runs: 2, starts: 2, ends: 0 });
  });

  it('gives a check whose lease is over to another, with a higher fence', async (world) => {
    await world.open({ sendWithinMs: 0 });
    const dead = await world.claimCheck({ leaseMs: SHORT });
    await world.pass(SHORT);
    const next = only(await world.other.claim('check', world.want()));
    expect(next.fence > dead.fence).toBe(true);
    expect(next.starts).toBe(2);
  });

  it('gives a lease that holds to no process whose clock is ahead', async (world) => {
    if (world.now === undefined) return; // This store's clock is the process's.
    const { externalId } = await world.submit();
    await world.say({ externalId, status: 'succeeded' });
    await world.open({ sendWithinMs: 0 });
    const effect = await world.claimEffect({ kinds: ['settled'] });
    const check = await world.claimCheck();
    await aDayAhead(async () => {
      expect(await world.other.claim('effect', world.want({ kinds: ['settled'] }))).toEqual([]);
      expect(await world.other.claim('check', world.want())).toEqual([]);
      expect(await world.store.extend(effect, LONG)).toBe(true);
      expect(await world.store.finish(check, { kind: 'again', inMs: LONG })).toBe(true);
    });
    const { nextCheckAt } = await world.task(check.taskId);
    expect(present(nextCheckAt) <= (await world.now()) + LONG).toBe(true);
  });

  it('gives only the kinds it was asked for, all of them by default', async (world) => {
    const { externalId } = await world.submit();
    await world.say({ externalId, status: 'running', announce: true });
    expect((await world.claimEffect({ kinds: ['fact'] })).kind).toBe('fact');
    await world.say({ externalId, status: 'running', announce: true, nonce: '2' });
    const rest = await world.store.claim('effect', world.want());
    expect(rest.map(({ kind }) => kind).sort()).toEqual(['fact', 'progress']);
  });

  it('gives only work of the providers it was asked for, and at most so much of each', async (world) => {
    const [one, two, three] = ['one', 'two', 'three'].map((name) => `${name}-${world.provider}`);
    for (const provider of [one, one, one, two, two, two, three]) {
      await world.open({ provider: present(provider), sendWithinMs: 0 });
    }
    const from = [
      { provider: present(one), limit: 2 },
      { provider: present(two), limit: 1 },
      { provider: `none-${world.provider}`, limit: 10 },
    ];
    const checks = await world.store.claim('check', world.want({ from }));
    const providers = checks.map(({ task }) => task.provider).sort();
    expect(providers).toEqual([one, one, two]);
    const rest = await world.store.claim('check', world.want({ from: [{ provider: present(three), limit: 5 }] }));
    expect(rest.map(({ task }) => task.provider)).toEqual([three]);
  });

  it('gives the oldest due first', async (world) => {
    const ids: string[] = [];
    for (let count = 0; count < 4; count += 1) {
      ids.push((await world.open({ sendWithinMs: 0 })).id);
      await world.pass(3);
    }
    const claim = async () => only(await world.store.claim('check', world.want({ from: limited(world, 1) }))).taskId;
    expect([await claim(), await claim(), await claim(), await claim()]).toEqual(ids);
  });

  it('gives no check of a task that has settled', async (world) => {
    const { id } = await world.open({ sendWithinMs: 0 });
    await world.say({ taskId: id, status: 'canceled', source: 'operator' });
    expect(await world.store.claim('check', world.want())).toEqual([]);
  });

  it('gives work only when it is due', async (world) => {
    const { externalId } = await world.submit();
    await world.say({ externalId, status: 'running', checkInMs: SHORT });
    await world.say({ externalId, status: 'running', checkInMs: LONG, nonce: 'later' });
    await world.pass(SHORT);
    expect(await world.store.claim('check', world.want())).toEqual([]);
    await world.say({ externalId, status: 'running', checkInMs: 0, nonce: 'now' });
    expect((await world.claimCheck()).task.externalId).toBe(externalId);
  });

  it('lets a few due checks through beside a provider with a great many', async (world) => {
    const crowd = `crowd-${world.provider}`;
    for (let batch = 0; batch < 4; batch += 1) {
      await world.store.record(
        Array.from({ length: 250 }, (_, index) => {
          const id = `${crowd}-${batch}-${index}`;
          return world.fact({ provider: crowd, externalId: id, open: { id, deadlineMs: 0 }, announce: true });
        }),
      );
    }
    const { id } = await world.open({ sendWithinMs: 0 });
    await world.say({ taskId: id, externalId: id, status: 'pending', announce: true });
    const from = [
      { provider: crowd, limit: 10 },
      { provider: world.provider, limit: 10 },
    ];
    for (const leases of [
      await world.store.claim('check', world.want({ from })),
      await world.store.claim('effect', world.want({ from, kinds: ['fact'] })),
    ]) {
      expect(leases.filter(({ task }) => task.provider === crowd).length).toBe(10);
      expect(leases.filter(({ taskId }) => taskId === id).length).toBe(1);
    }
  });
}

const limited = ({ provider }: { readonly provider: string }, limit: number) => [{ provider, limit }];

const byTask = <T extends { readonly taskId: string }>(leases: readonly T[]): readonly T[] =>
  [...leases].sort((a, b) => (a.taskId < b.taskId ? -1 : 1));
