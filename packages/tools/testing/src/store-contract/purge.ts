import type { PurgeQuery } from '@tasklatch/core';
import { aDelivery } from '../a-delivery.js';
import type { Suite } from './suite.js';
import { atOnce, LONG, only, SHORT, type World } from './world.js';

/** Nothing is old enough, unless it is said. */
const NOTHING: PurgeQuery = { settledForMs: LONG, abandonedForMs: LONG, quarantinedForMs: LONG };

/** A task that has settled; `done`: and whose effects are all done. */
async function settled<Tx>(world: World<Tx>, { done }: { readonly done: boolean }) {
  const { id, externalId } = await world.submit();
  await world.say({ externalId, status: 'succeeded' });
  if (done)
    for (const lease of await world.store.claim('effect', world.want()))
      await world.store.finish(lease, { kind: 'done' });
  return { id, externalId };
}

/** Purging looks at the whole store, so each case has one of its own. */
export function purgeCases<Tx>({ it, expect }: Suite<Tx>): void {
  it('forgets a settled task whose effects are done, with all that belongs to it', async ({ alone }) => {
    const world = await alone();
    const { store, provider } = world;
    const { id, externalId } = await settled(world, { done: true });
    await world.pass(5);
    expect(await store.purge(NOTHING)).toBe(0);
    expect((await world.task(id)).status).toBe('succeeded');
    expect(await store.purge({ ...NOTHING, settledForMs: 0 })).toBe(1);
    expect(await store.get({ id })).toBe(undefined);
    expect(await store.get({ provider, externalId })).toBe(undefined);
    expect(await store.ledger({ taskId: id })).toEqual({ entries: [], effects: [], dropped: 0 });
    expect((await store.list({})).items).toEqual([]);
    expect(await store.purge({ ...NOTHING, settledForMs: 0 })).toBe(0);
  });

  it('frees the id and the external id of what it forgot', async ({ alone }) => {
    const world = await alone();
    const { id, externalId } = await settled(world, { done: true });
    await world.pass(5);
    await world.store.purge({ ...NOTHING, settledForMs: 0 });
    expect((await world.say({ externalId, status: 'succeeded' })).outcome).toBe('quarantined');
    expect(await world.store.open(world.draft({ id }))).toMatchObject({ created: true, send: true });
    const said = await world.say({ taskId: id, externalId, source: 'submit', status: 'pending' });
    expect(said).toMatchObject({ outcome: 'noted', task: { status: 'succeeded', verdicts: 1 } });
    expect((await world.ledger(id)).entries.map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it('keeps a task with an effect that is not done, until it counts as abandoned', async ({ alone }) => {
    const world = await alone();
    const due = await settled(world, { done: false });
    const dead = await settled(world, { done: false });
    const leases = await world.store.claim('effect', world.want({ kinds: ['settled'] }));
    await world.store.finish(only(leases.filter(({ taskId }) => taskId === dead.id)), { kind: 'dead' });
    await world.store.finish(only(leases.filter(({ taskId }) => taskId === due.id)), { kind: 'again', inMs: LONG });
    await world.pass(5);
    expect(await world.store.purge({ ...NOTHING, settledForMs: 0 })).toBe(0);
    expect(await world.store.purge({ ...NOTHING, abandonedForMs: 0 })).toBe(2);
  });

  it('keeps a task somebody holds a lease on, and one that has not settled', async ({ alone }) => {
    const world = await alone();
    const everything = { settledForMs: 0, abandonedForMs: 0, quarantinedForMs: 0 };
    const { id } = await settled(world, { done: false });
    const lease = await world.claimEffect({ kinds: ['settled'] });
    const checked = await world.open({ sendWithinMs: 0 });
    const check = await world.claimCheck();
    await world.say({ taskId: checked.id, source: 'check', status: 'failed' });
    const effect = await world.claimEffect({ kinds: ['settled'] });
    await world.store.finish(effect, { kind: 'done' });
    const waiting = await world.submit({ deadlineMs: 0 });
    await world.pass(5);
    expect(await world.store.purge(everything)).toBe(0);
    await world.store.finish(lease, { kind: 'dead' });
    expect(await world.store.purge(everything)).toBe(1);
    await world.store.finish(check, { kind: 'done' });
    expect(await world.store.purge(everything)).toBe(1);
    expect((await world.store.list({})).items.map((task) => task.id)).toEqual([waiting.id]);
    expect(await world.store.get({ id })).toBe(undefined);
  });

  it('forgets a task whose lease is over, once it counts as abandoned', async ({ alone }) => {
    const world = await alone();
    await settled(world, { done: false });
    const lease = await world.claimEffect({ kinds: ['settled'], leaseMs: SHORT });
    await world.pass(SHORT);
    expect(await world.store.purge({ ...NOTHING, settledForMs: 0 })).toBe(0);
    expect(await world.store.purge({ ...NOTHING, abandonedForMs: 0 })).toBe(1);
    expect(await world.store.finish(lease, { kind: 'done' })).toBe(false);
  });

  it('forgets what was said, and not that it was said, when that is past its time', async ({ alone }) => {
    const world = await alone();
    const result = { files: [{ url: 'https://cdn.example.com/a.png', kind: 'image' as const }], data: { seed: 7 } };
    const error = { code: 'late', message: 'the words of the provider' };
    const delivery = { ...aDelivery('a body'), headers: { 'content-type': 'application/json' } };
    const tell = async (status: 'succeeded' | 'failed', of: { readonly externalId: string }) => {
      await world.say({ ...of, status: 'running', delivery: { ...delivery, headers: {} } });
      await world.say({ ...of, status: 'succeeded', result, delivery, announce: true });
      if (status === 'failed') await world.say({ ...of, status, error });
    };
    const [open, young] = [await world.submit(), await world.submit()];
    const old = await world.submit();
    await tell('failed', old);
    const before = await world.ledger(old.id);
    await world.pass(5);
    await world.say({ externalId: open.externalId, status: 'running', delivery });
    expect(await world.store.purge({ ...NOTHING, contentForMs: LONG })).toBe(0);
    expect(await world.ledger(old.id)).toEqual(before);

    expect(await world.store.purge({ ...NOTHING, contentForMs: 0 })).toBe(1);
    await tell('succeeded', young);
    const kept = { ...delivery, headers: {}, body: null };
    const after = await world.ledger(old.id);
    expect(after).toEqual({
      ...before,
      entries: before.entries.map((entry) => ({
        ...entry,
        fact: {
          ...entry.fact,
          result: null,
          error: entry.fact.error && { code: 'late', message: null },
          delivery: entry.fact.delivery && kept,
        },
      })),
    });
    expect((await world.task(old.id)).result).toEqual(result);
    const spoken = async (id: string) =>
      (await world.ledger(id)).entries.map(({ fact }) => fact.delivery?.body ?? null);
    expect((await spoken(open.id)).at(-1)).toBe(delivery.body);
    expect((await spoken(young.id)).at(-1)).toBe(delivery.body);
    const effects = await world.store.claim('effect', world.want({ kinds: ['fact'] }));
    const said = effects.map(({ taskId, entry }) => [taskId, entry?.fact.result]);
    expect(new Map(said as [string, unknown][])).toEqual(
      new Map([
        [old.id, null],
        [young.id, result],
      ]),
    );
    expect(await world.store.purge({ ...NOTHING, contentForMs: LONG })).toBe(0);
  });

  it('still knows a fact again whose content is gone, and forgets what comes after it, too', async ({ alone }) => {
    const world = await alone();
    const { id, externalId } = await world.submit();
    const result = { files: [], data: 'said' };
    const verdict = { externalId, status: 'succeeded', result, delivery: aDelivery('one') } as const;
    await world.say(verdict);
    await world.pass(5);
    const query = { ...NOTHING, contentForMs: 0 };
    expect([await world.store.purge(query), await world.store.purge(query)]).toEqual([1, 0]);
    expect(await world.say(verdict)).toMatchObject({ duplicate: true, outcome: 'settled' });
    expect(await world.store.purge(query)).toBe(0);
    expect(await world.say({ ...verdict, nonce: 'late', delivery: aDelivery('two') })).toMatchObject({
      outcome: 'confirmed',
    });
    expect(await world.store.purge(query)).toBe(1);
    expect((await world.ledger(id)).entries.map(({ fact }) => [fact.result, fact.delivery?.body ?? null])).toEqual([
      [null, null],
      [null, null],
      [null, null],
    ]);
  });

  it('forgets contents in steps of the limit, oldest first, and of what it adopted as well', async ({ alone }) => {
    const world = await alone();
    const ids = [0, 1, 2, 3, 4].map((count) => `adopts-${count}-${world.provider}`);
    // Settled the other way round than they came.
    for (const id of ids)
      await world.say({ taskId: id, status: 'succeeded', delivery: aDelivery(`the body of ${id}`) });
    for (const id of ids.toReversed()) {
      await world.open({ id });
      await world.pass(3);
    }
    const query = { ...NOTHING, contentForMs: 0, limit: 2 };
    const left = async () => {
      const ledgers = await Promise.all(ids.map((id) => world.ledger(id)));
      return ids.filter((_, index) => ledgers[index]?.entries.some(({ fact }) => fact.delivery?.body != null));
    };
    expect(await world.store.purge(query)).toBe(2);
    expect(await left()).toEqual(ids.slice(0, 3));
    expect([await world.store.purge(query), await world.store.purge(query)]).toEqual([2, 1]);
    expect([await left(), await world.store.purge(query)]).toEqual([[], 0]);
  });

  it('forgets quarantined entries by age', async ({ alone }) => {
    const { say, store, pass, quarantine } = await alone();
    await say({ externalId: 'a' });
    await pass(5);
    expect(await store.purge(NOTHING)).toBe(0);
    expect(await store.purge({ ...NOTHING, quarantinedForMs: 0 })).toBe(1);
    expect(await quarantine()).toEqual([]);
    expect(await say({ externalId: 'a' })).toMatchObject({ outcome: 'quarantined', duplicate: false });
  });

  it('discards the quarantined entries it is given, and nothing else', async ({ alone }) => {
    const world = await alone();
    const everything = { settledForMs: 0, abandonedForMs: 0, quarantinedForMs: 0 };
    const { id } = await settled(world, { done: true });
    for (const externalId of ['a', 'b', 'c']) await world.say({ externalId });
    await world.pass(5);
    const [a, b] = await world.quarantine();
    const discard = [a?.id ?? '', 'nothing-of-ours', b?.id ?? ''];
    expect(await world.store.purge({ ...everything, discard: [] })).toBe(0);
    expect(await world.store.purge({ ...everything, discard })).toBe(2);
    expect((await world.quarantine()).map(({ fact }) => fact.externalId)).toEqual(['c']);
    expect((await world.task(id)).status).toBe('succeeded');
  });

  it('goes in steps of the limit, oldest first', async ({ alone }) => {
    const world = await alone();
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      ids.push((await settled(world, { done: true })).id);
      await world.pass(3);
    }
    const query = { ...NOTHING, settledForMs: 0, limit: 2 };
    const left = async () => (await world.store.list({})).items.map(({ id }) => id).sort();
    expect(await world.store.purge(query)).toBe(2);
    expect(await left()).toEqual(ids.slice(2).sort());
    expect([await world.store.purge(query), await world.store.purge(query)]).toEqual([2, 1]);
    expect(await left()).toEqual([]);
  });

  it('counts each thing it forgot once when 50 purge at once', async ({ alone }) => {
    const world = await alone();
    for (let count = 0; count < 20; count += 1) await settled(world, { done: true });
    for (let count = 0; count < 10; count += 1) await world.say({ externalId: `orphan-${count}` });
    await world.pass(5);
    const gone = await atOnce(world, 50, (store) =>
      store.purge({ settledForMs: 0, abandonedForMs: 0, quarantinedForMs: 0, limit: 7 }),
    );
    expect(gone.reduce((sum, count) => sum + count, 0)).toBe(30);
    expect((await world.store.list({})).items).toEqual([]);
    expect(await world.quarantine()).toEqual([]);
  });

  it('goes on while deliveries come in, and loses none of them', async ({ alone }) => {
    const world = await alone();
    for (let count = 0; count < 20; count += 1) await settled(world, { done: true });
    const tasks = await Promise.all(Array.from({ length: 25 }, () => world.submit()));
    await world.pass(5);
    const query = { settledForMs: LONG, abandonedForMs: LONG, quarantinedForMs: LONG, limit: 3 };
    const said = await atOnce(world, 50, async (store, index) => {
      const task = tasks[index >> 1];
      if (index % 2 === 1 || task === undefined) return store.purge({ ...query, settledForMs: 0 });
      return only(await store.record([world.fact({ externalId: task.externalId, status: 'succeeded' })])).outcome;
    });
    expect(said.filter((answer) => answer === 'settled').length).toBe(25);
    for (const { id } of tasks) expect((await world.task(id)).status).toBe('succeeded');
  });
}
