import type { Fact, LedgerEntry, StoreLimits } from '@tasklatch/core';
import { aDelivery, aDraft, aFact } from '@tasklatch/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type ClientUnderTest, clear, freshPrefix, withIoredis } from './clients-under-test.js';
import { redisStore } from './redis-store.js';
import type { SendCommand } from './send-command.js';

const url = inject('redisUrl') ?? '';
const SHARDS = 7;

/** Over several shards an act takes several steps; its process may die after any of them, and the act is done again by someone. */
describe.skipIf(url === '')('an act over several shards whose process dies in between', () => {
  let client: ClientUnderTest;
  const prefixes: string[] = [];
  beforeAll(async () => {
    client = await withIoredis(url);
  });
  afterAll(async () => {
    for (const prefix of prefixes) await clear(client.sendCommand, prefix);
    await client.close();
  });

  /** Plays `first`, then `act` with a client that dies after `steps` commands, then `act` again; null once `act` took fewer steps. */
  async function play(
    steps: number,
    first: (store: ReturnType<typeof redisStore>) => Promise<unknown>,
    act: (store: ReturnType<typeof redisStore>) => Promise<unknown>,
    limits: Partial<StoreLimits> = {},
  ) {
    const prefix = freshPrefix();
    prefixes.push(prefix);
    const store = redisStore({ sendCommand: client.sendCommand, prefix, shards: SHARDS, ...limits });
    await first(store);
    const dying = redisStore({ sendCommand: after(steps, client.sendCommand), prefix, shards: SHARDS, ...limits });
    const died = await dying
      .list({ limit: 1 })
      .then(() => act(dying).then(() => false))
      .catch(() => true);
    await act(store);
    return { store, died };
  }

  async function everyStep(
    first: (store: ReturnType<typeof redisStore>) => Promise<unknown>,
    act: (store: ReturnType<typeof redisStore>) => Promise<unknown>,
    check: (store: ReturnType<typeof redisStore>, steps: number) => Promise<void>,
    limits: Partial<StoreLimits> = {},
  ): Promise<number> {
    for (let steps = 0; ; steps += 1) {
      const { store, died } = await play(steps, first, act, limits);
      await check(store, steps);
      if (!died) return steps;
    }
  }

  it('adopts what waited for an external id, once, whichever step was the last', async () => {
    const draft = aDraft({ id: 'task-1' });
    const early = ['pending', 'running'].map((status) =>
      aFact({ externalId: 'x-1', status: status as Fact['status'], delivery: aDelivery(status) }),
    );
    const deaths = await everyStep(
      async (store) => {
        await store.open(draft);
        for (const fact of early) await store.record([fact]);
      },
      (store) => store.record([aFact({ taskId: draft.id, externalId: 'x-1', source: 'submit', status: 'pending' })]),
      async (store, steps) => {
        const at = `after ${steps} steps`;
        expect((await store.get({ provider: 'acme', externalId: 'x-1' }))?.status, at).toBe('running');
        const { entries } = await store.ledger({ taskId: draft.id });
        expect(
          entries.map(({ fact }) => fact.status),
          at,
        ).toEqual(['pending', 'pending', 'running']);
        expect(bodiesOf(entries), at).toEqual([null, 'pending', 'running']);
        const said = await store.record([aFact({ externalId: 'x-1', status: 'succeeded' })]);
        expect(said, at).toMatchObject([{ outcome: 'settled', task: { id: draft.id } }]);
      },
    );
    expect(deaths).toBeGreaterThan(2);
  });

  it('adopts what named a task before it was opened', async () => {
    const draft = aDraft({ id: 'task-2' });
    const named = { taskId: draft.id, externalId: 'x-2' };
    const early = aFact({ ...named, status: 'succeeded', delivery: aDelivery('early') });
    const late = aFact({ ...named, status: 'running', delivery: aDelivery('late') });
    const deaths = await everyStep(
      (store) => store.record([early, late]),
      (store) => store.open(draft),
      async (store, steps) => {
        const at = `after ${steps} steps`;
        expect((await store.get({ id: draft.id }))?.status, at).toBe('succeeded');
        expect((await store.get({ provider: 'acme', externalId: 'x-2' }))?.id, at).toBe(draft.id);
        const { entries } = await store.ledger({ taskId: draft.id });
        expect(
          entries.map(({ copies, fact }) => [fact.status, copies]),
          at,
        ).toEqual([
          ['succeeded', 1],
          ['running', 1],
        ]);
        expect(bodiesOf(entries), at).toEqual(['early', 'late']);
        expect((await store.ledger({ quarantine: {} })).entries, at).toEqual([]);
      },
    );
    expect(deaths).toBeGreaterThan(2);
  });

  it('opens one task for an unknown fact', async () => {
    const deaths = await everyStep(
      async () => {},
      (store) =>
        store.record([
          aFact({ externalId: 'x-3', status: 'running', open: { id: `task-${Math.random()}`, deadlineMs: 60_000 } }),
        ]),
      async (store, steps) => {
        const { items } = await store.list({});
        expect(
          items.map(({ externalId, status }) => [externalId, status]),
          `after ${steps} steps`,
        ).toEqual([['x-3', 'running']]);
        expect((await store.get({ provider: 'acme', externalId: 'x-3' }))?.id).toBe(items[0]?.id);
      },
    );
    expect(deaths).toBeGreaterThan(1);
  });

  it('keeps one copy of an orphan, in a room of its own', async () => {
    const limits = { quarantineEntries: 1, quarantineBytes: 100 };
    const orphan = aFact({ externalId: 'x-4', status: 'running', delivery: aDelivery('x'.repeat(45)) });
    const deaths = await everyStep(
      async () => {},
      (store) => store.record([orphan]),
      async (store, steps) => {
        const at = `after ${steps} steps`;
        const { entries } = await store.ledger({ quarantine: {} });
        expect(
          entries.map(({ fact }) => fact.externalId),
          at,
        ).toEqual(['x-4']);
        expect(await store.record([aFact({ externalId: 'a' })]), at).toMatchObject([{ outcome: 'full' }]);
        await store.purge({
          settledForMs: 0,
          abandonedForMs: 0,
          quarantinedForMs: 0,
          discard: entries.map(({ id }) => id),
        });
        expect(await store.record([{ ...orphan, externalId: 'b' }]), at).toMatchObject([{ outcome: 'quarantined' }]);
      },
      limits,
    );
    expect(deaths).toBeGreaterThan(2);
  });

  it('does not adopt the entry that the fact was parsed from', async () => {
    const draft = aDraft({ id: 'task-6' });
    const early = aFact({ externalId: 'x-6', status: 'running' });
    await everyStep(
      async (store) => {
        await store.open(draft);
        await store.record([early, aFact({ externalId: 'x-6', status: 'pending' })]);
      },
      async (store) => {
        const { entries } = await store.ledger({ quarantine: {} });
        const releases = entries.find(({ fact }) => fact.status === 'running')?.id ?? null;
        return store.record([aFact({ ...early, taskId: draft.id, releases })]);
      },
      async (store, steps) => {
        const { entries } = await store.ledger({ taskId: draft.id });
        const copies = new Map(entries.map(({ fact, copies }) => [fact.status, copies]));
        expect(copies.get('pending'), `after ${steps} steps`).toBe(1);
        // Again means again: a second copy only where the first try had come that far.
        expect(copies.get('running'), `after ${steps} steps`).toBeLessThanOrEqual(2);
        if (steps === 0) expect(copies.get('running')).toBe(1);
      },
    );
  });

  it('gives a replaced hinted id free', async () => {
    const draft = aDraft({ id: 'task-5' });
    await everyStep(
      async (store) => {
        await store.open(draft);
        await store.record([aFact({ taskId: draft.id, externalId: 'wrong', trust: 'hint' })]);
      },
      (store) => store.record([aFact({ taskId: draft.id, externalId: 'right' })]),
      async (store, steps) => {
        const at = `after ${steps} steps`;
        expect((await store.get({ provider: 'acme', externalId: 'right' }))?.id, at).toBe(draft.id);
        expect(await store.get({ provider: 'acme', externalId: 'wrong' }), at).toBe(undefined);
        const said = await store.record([aFact({ externalId: 'wrong' })]);
        expect(said, at).toMatchObject([{ outcome: 'quarantined', task: null }]);
      },
    );
  });
});

const bodiesOf = (entries: readonly LedgerEntry[]) =>
  entries.map(({ fact }) => (fact.delivery === null ? null : atob(fact.delivery.body ?? '')));

/** Answers so many commands after the first ten, then is dead: the last one is done, and its answer lost. */
function after(steps: number, send: SendCommand): SendCommand {
  let left = steps + 1 + SHARDS;
  return async (args, key) => {
    left -= 1;
    if (left < 0) throw new Error('The process is dead.');
    const reply = await send(args, key);
    if (left === 0) throw new Error('The process is dead.');
    return reply;
  };
}
