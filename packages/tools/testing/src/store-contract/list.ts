import type { Task, TaskQuery } from '@tasklatch/core';
import type { Suite } from './suite.js';
import { LONG, only, present, type World } from './world.js';

async function pages<Tx>({ store }: World<Tx>, query: TaskQuery): Promise<readonly (readonly Task[])[]> {
  const all: (readonly Task[])[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await store.list(cursor === undefined ? query : { ...query, cursor });
    all.push(page.items);
    cursor = page.next;
  }
  return all;
}

const ids = (tasks: readonly Task[]): readonly string[] => tasks.map(({ id }) => id);

export function listCases<Tx>({ it, expect }: Suite<Tx>): void {
  it('answers undefined for a task nobody knows', async ({ store, provider }) => {
    expect(await store.get({ id: `none-${provider}` })).toBe(undefined);
    expect(await store.get({ provider, externalId: 'none' })).toBe(undefined);
  });

  it('answers the same through every instance', async ({ other, submit, task, provider }) => {
    const { id, externalId } = await submit();
    expect(await other.get({ id })).toEqual(await task(id));
    expect(await other.get({ provider, externalId })).toEqual(await task(id));
  });

  it('lists newest first', async (world) => {
    const made: string[] = [];
    for (let count = 0; count < 4; count += 1) {
      made.unshift((await world.open()).id);
      await world.pass(3);
    }
    const { items, next } = await world.store.list({ provider: world.provider });
    expect(ids(items)).toEqual(made);
    expect(next).toBe(null);
    expect(items[0]).toEqual(await world.task(present(made[0])));
  });

  it('pages through everything once, also where many were made in one moment', async (world) => {
    const open = (index: number) => ({ id: `${world.provider}-${index}`, deadlineMs: LONG });
    await world.store.record(
      Array.from({ length: 25 }, (_, index) => world.fact({ externalId: `${index}`, open: open(index) })),
    );
    for (const limit of [1, 4, 25, 26]) {
      const found = await pages(world, { provider: world.provider, limit });
      expect(found.length).toBe(Math.ceil(25 / limit));
      expect(found.every((page) => page.length > 0 && page.length <= limit)).toBe(true);
      expect(new Set(ids(found.flat())).size).toBe(25);
    }
  });

  it('shows no task twice when others are made between two pages', async (world) => {
    for (let count = 0; count < 4; count += 1) {
      await world.open();
      await world.pass(2);
    }
    const first = await world.store.list({ provider: world.provider, limit: 2 });
    await world.pass(2);
    const late = await world.open();
    const rest = await world.store.list({ provider: world.provider, limit: 9, cursor: present(first.next) });
    const seen = [...ids(first.items), ...ids(rest.items)];
    expect(seen.length).toBe(4);
    expect(new Set(seen).size).toBe(4);
    expect(seen.includes(late.id)).toBe(false);
  });

  it('gives 50 on a page unless asked, and never more than 1000', async ({ store, fact, provider, alone }) => {
    const open = (index: number) => ({ id: `${provider}-${index}`, deadlineMs: LONG });
    const facts = Array.from({ length: 1002 }, (_, index) => fact({ externalId: `${index}`, open: open(index) }));
    for (let from = 0; from < facts.length; from += 200) await store.record(facts.slice(from, from + 200));
    expect((await store.list({ provider })).items.length).toBe(50);
    const most = await store.list({ provider, limit: 5000 });
    expect(most.items.length).toBe(1000);
    expect((await store.list({ provider, limit: 5000, cursor: present(most.next) })).items.length).toBe(2);
    expect(await (await alone()).store.list({})).toEqual({ items: [], next: null });
  });

  it('filters by owner, provider, status and effect, and by all of them together', async (world) => {
    const { provider, store } = world;
    const owner = `owner-${provider}`;
    const mine = await world.submit({ owner });
    await world.say({ externalId: mine.externalId, status: 'running' });
    const failed = await world.submit({ owner });
    await world.say({ externalId: failed.externalId, status: 'failed' });
    const theirs = await world.submit({ owner: `not-${owner}` });
    await world.say({ externalId: theirs.externalId, status: 'failed' });
    const elsewhere = await world.open({ owner, provider: `other-${provider}` });
    const find = async (query: TaskQuery) => [...ids((await store.list(query)).items)].sort();
    expect(await find({ owner })).toEqual([mine.id, failed.id, elsewhere.id].sort());
    expect(await find({ owner, provider })).toEqual([mine.id, failed.id].sort());
    expect(await find({ provider, status: 'failed' })).toEqual([failed.id, theirs.id].sort());
    expect(await find({ owner, provider, status: 'failed' })).toEqual([failed.id]);
    expect(await find({ owner, status: 'expired' })).toEqual([]);

    const leases = await store.claim('effect', world.want({ kinds: ['settled'] }));
    const lease = only(leases.filter(({ taskId }) => taskId === failed.id));
    expect(await find({ provider, effect: 'running' })).toEqual([failed.id, theirs.id].sort());
    await store.finish(lease, { kind: 'dead' });
    expect(await find({ provider, effect: 'dead' })).toEqual([failed.id]);
    expect(await find({ owner: `not-${owner}`, provider, effect: 'dead' })).toEqual([]);
    expect(await find({ provider, status: 'running', effect: 'due' })).toEqual([mine.id]);
  });

  it('answers an empty ledger for a task nobody knows', async ({ store, provider }) => {
    expect(await store.ledger({ taskId: `none-${provider}` })).toEqual({ entries: [], effects: [], dropped: 0 });
  });

  it('orders a ledger by place, and its effects by kind and number', async (world) => {
    const { id, externalId } = await world.submit();
    for (let count = 0; count < 11; count += 1) {
      await world.say({ externalId, status: 'running', announce: true, nonce: `${count}` });
    }
    await world.say({ taskId: id, source: 'deadline', status: 'expired' });
    await world.say({ externalId, status: 'failed' });
    const { entries, effects, dropped } = await world.ledger(id);
    expect(entries.map((entry) => [entry.id, entry.seq])).toEqual(
      Array.from({ length: 14 }, (_, index) => [`${id}:${index + 1}`, index + 1]),
    );
    expect(effects.map(({ kind, number }) => [kind, number])).toEqual([
      ...Array.from({ length: 11 }, (_, index) => ['fact', index + 2]),
      ['progress', 0],
      ['settled', 1],
      ['settled', 2],
    ]);
    expect(dropped).toBe(0);
  });
}
