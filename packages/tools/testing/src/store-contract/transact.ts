import { type EffectLease, isTasklatchError, type TaskStore } from '@tasklatch/core';
import type { Scratch } from '../store-under-test.js';
import type { Suite } from './suite.js';
import { atOnce, LONG, only, rejection, SHORT, type World } from './world.js';

const DONE = { kind: 'done' } as const;

/** Effects that write in the transaction that ends them. A store without `transact` is of another shape: these cases are not about it. */
export function transactCases<Tx>({ it: itOf, expect }: Suite<Tx>): void {
  const it = (sentence: string, body: (world: World<Tx>, tx: Transacting<Tx>) => Promise<void>): void =>
    itOf(sentence, async (world) => {
      if (world.store.transact === undefined) return;
      await body(world, await transacting(world));
    });

  it('commits what the effect wrote and its end together', async (world, {
    transact,
    write,
    written,
    lease,
    effect,
  }) => {
    const held = await lease();
    const answer = await transact(world.store, held, DONE, async (tx) => {
      await write(tx, 'paid');
      return 42;
    });
    expect(answer).toBe(42);
    expect(await written()).toEqual(['paid']);
    expect(await effect(held)).toMatchObject({ state: 'done', runs: 1, starts: 1, ends: 1 });
    expect(await world.store.finish(held, DONE)).toBe(false);
  });

  it('writes nothing when the effect fails, and passes its error on as it is', async (world, tx) => {
    const held = await tx.lease();
    const boom = new Error('boom');
    const error = await rejection(
      tx.transact(world.store, held, DONE, async (open) => {
        await tx.write(open, 'lost');
        throw boom;
      }),
    );
    expect(error).toBe(boom);
    expect(await tx.written()).toEqual([]);
    expect(await tx.effect(held)).toMatchObject({ state: 'running', ends: 0 });
    expect(await world.store.finish(held, { kind: 'again', inMs: 0 })).toBe(true);
  });

  it('writes nothing for whoever lost the lease, and says so', async (world, tx) => {
    const slow = await tx.lease(SHORT);
    await world.pass(SHORT);
    const fast = await world.claimEffect({ kinds: ['settled'] });
    const late = () => tx.transact(world.store, slow, DONE, (open) => tx.write(open, 'slow'));
    expect(isTasklatchError(await rejection(late()), 'lease_lost')).toBe(true);
    expect(await tx.written()).toEqual([]);
    expect(await tx.effect(fast)).toMatchObject({ state: 'running', starts: 2, ends: 0 });
    await tx.transact(world.other, fast, DONE, (open) => tx.write(open, 'fast'));
    expect(await tx.written()).toEqual(['fast']);
  });

  it('writes once when the answer was lost and the same call comes again', async (world, tx) => {
    const held = await tx.lease();
    const call = () => tx.transact(world.store, held, DONE, (open) => tx.write(open, 'once'));
    await call();
    expect(isTasklatchError(await rejection(call()), 'lease_lost')).toBe(true);
    expect(await tx.written()).toEqual(['once']);
    expect(await tx.effect(held)).toMatchObject({ state: 'done', ends: 1 });
  });

  it('lets one of 20 callers commit', async (world, tx) => {
    const held = await tx.lease();
    const ended = await atOnce(world, 20, (store, index) =>
      tx
        .transact(store, held, DONE, (open) => tx.write(open, `w-${index}`))
        .then(
          () => 'committed',
          (error: unknown) => (isTasklatchError(error, 'lease_lost') ? 'lost' : String(error)),
        ),
    );
    expect(ended.filter((end) => end === 'committed').length).toBe(1);
    expect(ended.filter((end) => end === 'lost').length).toBe(19);
    expect((await tx.written()).length).toBe(1);
  });

  it('commits any other end with what was written, too', async (world, tx) => {
    const held = await tx.lease();
    await tx.transact(world.store, held, { kind: 'again', inMs: 0 }, (open) => tx.write(open, 'first'));
    expect(await tx.effect(held)).toMatchObject({ state: 'due', ends: 1 });
    const next = only(await world.store.claim('effect', world.want()));
    await tx.transact(world.store, next, DONE, (open) => tx.write(open, 'second'));
    expect([...(await tx.written())].sort()).toEqual(['first', 'second']);
  });

  it('runs effects of several tasks side by side without mixing them up', async (world, tx) => {
    const leases: EffectLease[] = [];
    for (let count = 0; count < 10; count += 1) leases.push(await tx.lease());
    await Promise.all(
      leases.map((held, index) =>
        tx
          .transact(index % 2 === 0 ? world.store : world.other, held, DONE, async (open) => {
            await tx.write(open, `w-${index}`);
            if (index % 5 === 0) throw new Error('fails');
          })
          .catch(() => undefined),
      ),
    );
    expect([...(await tx.written())].sort()).toEqual(['w-1', 'w-2', 'w-3', 'w-4', 'w-6', 'w-7', 'w-8', 'w-9']);
    const states = await Promise.all(leases.map(async (held) => (await tx.effect(held)).state));
    expect(states.filter((state) => state === 'done').length).toBe(8);
  });

  it('takes other acts in while an effect holds its transaction open', async (world, tx) => {
    const held = await tx.lease();
    const during = await tx.transact(world.store, held, DONE, async (open) => {
      await tx.write(open, 'slow');
      const bystander = world.submit();
      await Promise.race([bystander, new Promise((resolve) => setTimeout(resolve, 50))]);
      return { bystander };
    });
    expect((await during.bystander).status).toBe('pending');
    expect(await tx.written()).toEqual(['slow']);
  });
}

interface Transacting<Tx> {
  lease(leaseMs?: number): Promise<EffectLease>;
  effect(lease: EffectLease): Promise<{ readonly state: string }>;
  transact: <T>(
    store: TaskStore<Tx>,
    lease: EffectLease,
    end: Parameters<TaskStore<Tx>['finish']>[1],
    work: (tx: Tx) => Promise<T>,
  ) => Promise<T>;
  write: Scratch<Tx>['write'];
  /** What this case has written, without its prefix. */
  written(): Promise<readonly string[]>;
}

async function transacting<Tx>(world: World<Tx>): Promise<Transacting<Tx>> {
  const { scratch, provider } = world;
  if (scratch === undefined)
    throw new Error('The store has `transact`: pass `scratch`, a table for an effect to write to.');
  const prefix = `${provider}|`;
  return {
    async lease(leaseMs = LONG) {
      const { externalId } = await world.submit();
      await world.say({ externalId, status: 'succeeded' });
      return world.claimEffect({ kinds: ['settled'], leaseMs });
    },
    effect: async ({ taskId }) => only((await world.effects(taskId)).filter(({ kind }) => kind === 'settled')),
    transact(store, lease, end, work) {
      if (store.transact === undefined) throw new Error('One instance of the store has `transact`, the other has not.');
      return store.transact(lease, end, work);
    },
    write: (tx, word) => scratch.write(tx, `${prefix}${word}`),
    written: async () =>
      (await scratch.words()).filter((word) => word.startsWith(prefix)).map((word) => word.slice(prefix.length)),
  };
}
