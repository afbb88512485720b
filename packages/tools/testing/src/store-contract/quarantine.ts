import { aDelivery } from '../a-delivery.js';
import type { Suite } from './suite.js';
import { atOnce, only, present } from './world.js';

/** Authentic deliveries whose task is not known (yet), or that could not be parsed. */
export function quarantineCases<Tx>({ it, expect }: Suite<Tx>): void {
  it('keeps a delivery whose task nobody knows', async ({ fact, store, quarantine }) => {
    const orphan = fact({ externalId: 'orphan', status: 'succeeded', delivery: aDelivery('{"id":"orphan"}') });
    const said = only(await store.record([orphan]));
    expect(said).toEqual({ outcome: 'quarantined', duplicate: false, task: null, changed: false });
    const entry = only(await quarantine());
    expect(entry).toMatchObject({ seq: 0, copies: 1, outcome: 'quarantined', fact: orphan });
    expect(entry.lastAt).toBe(entry.at);
  });

  it('counts copies, and tells facts apart by task, external id and key', async ({ say, quarantine, provider }) => {
    await say({ externalId: 'one', status: 'failed' });
    expect(await say({ externalId: 'one', status: 'failed' })).toMatchObject({
      outcome: 'quarantined',
      duplicate: true,
      changed: false,
    });
    const key = 'same-key';
    expect((await say({ externalId: 'one', key })).duplicate).toBe(false);
    expect((await say({ externalId: 'two', key })).duplicate).toBe(false);
    expect((await say({ taskId: `t-${provider}`, externalId: 'two', key })).duplicate).toBe(false);
    expect((await say({ taskId: `t-${provider}`, key })).duplicate).toBe(false);
    expect((await say({ key })).duplicate).toBe(false);
    const entries = await quarantine();
    expect(entries.map(({ copies }) => copies)).toEqual([2, 1, 1, 1, 1, 1]);
    expect(new Set(entries.map(({ id }) => id)).size).toBe(6);
  });

  it('counts 50 copies at once in one entry', async (world) => {
    const orphan = world.fact({ externalId: 'orphan', status: 'succeeded' });
    const said = (await atOnce(world, 50, (store) => store.record([orphan]))).flat();
    expect(said.filter(({ duplicate }) => !duplicate).length).toBe(1);
    expect(only(await world.quarantine()).copies).toBe(50);
  });

  it('keeps what could not be parsed apart from the task it names', async ({
    submit,
    say,
    task,
    ledger,
    quarantine,
  }) => {
    const { id } = await submit();
    const before = await task(id);
    const said = await say({ taskId: id, status: null, unparseable: true, delivery: aDelivery('<html>') });
    expect(said).toMatchObject({ outcome: 'quarantined', duplicate: false, changed: false });
    expect(said.task).toEqual(before);
    expect((await ledger(id)).entries.length).toBe(1);
    expect(only(await quarantine()).fact).toMatchObject({ taskId: id, unparseable: true });
    await say({ taskId: id, externalId: null, status: 'running' });
    expect((await quarantine()).length).toBe(1);
  });

  it('lists oldest first, at most as many as asked for, of one provider or all', async ({ alone }) => {
    const { say, store, provider } = await alone();
    for (const externalId of ['a', 'b', 'c']) await say({ externalId });
    await say({ provider: `other-${provider}`, externalId: 'd' });
    const ids = async (quarantine: { provider?: string; limit?: number }) =>
      (await store.ledger({ quarantine })).entries.map(({ fact }) => fact.externalId);
    expect(await ids({ provider })).toEqual(['a', 'b', 'c']);
    expect(await ids({ provider, limit: 2 })).toEqual(['a', 'b']);
    expect(await ids({})).toEqual(['a', 'b', 'c', 'd']);
    expect(await store.ledger({ quarantine: { provider: 'nobody' } })).toEqual({
      entries: [],
      effects: [],
      dropped: 0,
    });
  });

  it('is bounded by entries, for each provider', async ({ alone }) => {
    const { say, quarantine, provider, submit, store } = await alone({ quarantineEntries: 3 });
    for (const externalId of ['a', 'b', 'c']) expect((await say({ externalId })).outcome).toBe('quarantined');
    expect(await say({ externalId: 'd' })).toEqual({ outcome: 'full', duplicate: false, task: null, changed: false });
    expect(await say({ externalId: 'a' })).toMatchObject({ outcome: 'quarantined', duplicate: true });
    expect((await say({ provider: `other-${provider}`, externalId: 'd' })).outcome).toBe('quarantined');
    expect((await quarantine()).map(({ copies }) => copies)).toEqual([2, 1, 1]);
    const { id } = await submit();
    expect(await say({ taskId: id, unparseable: true, status: null })).toMatchObject({ outcome: 'full', task: { id } });
    const batch = await store.record([]);
    expect(batch).toEqual([]);
  });

  it('is bounded by the bytes of the bodies, for each provider', async ({ alone }) => {
    const { say, quarantine } = await alone({ quarantineBytes: 100 });
    const delivery = (length: number) => ({ ...aDelivery(''), body: 'x'.repeat(length) });
    expect((await say({ externalId: 'a', delivery: delivery(60) })).outcome).toBe('quarantined');
    expect((await say({ externalId: 'b', delivery: delivery(41) })).outcome).toBe('full');
    expect((await say({ externalId: 'c', delivery: delivery(40) })).outcome).toBe('quarantined');
    expect((await say({ externalId: 'd', delivery: delivery(1) })).outcome).toBe('full');
    expect((await say({ externalId: 'e', delivery: null })).outcome).toBe('quarantined');
    expect((await quarantine()).map(({ fact }) => fact.externalId)).toEqual(['a', 'c', 'e']);
  });

  it('stays within its bound when many come at once', async ({ alone }) => {
    const world = await alone({ quarantineEntries: 10 });
    const said = await atOnce(world, 50, async (store, index) =>
      only(await store.record([world.fact({ externalId: `orphan-${index}` })])),
    );
    expect(said.filter(({ outcome }) => outcome === 'quarantined').length).toBe(10);
    expect((await world.quarantine()).length).toBe(10);
  });

  it('has room again when entries leave it', async ({ alone }) => {
    const world = await alone({ quarantineEntries: 2, quarantineBytes: 40 });
    const delivery = { ...aDelivery(''), body: 'x'.repeat(20) };
    const orphan = async (externalId: string) => (await world.say({ externalId, delivery })).outcome;
    const fill = async () => [await orphan('a'), await orphan('b'), await orphan('c')];
    expect(await fill()).toEqual(['quarantined', 'quarantined', 'full']);
    const { id } = await world.open();
    await world.say({ taskId: id, externalId: 'a', source: 'submit', status: 'pending' });
    expect(await orphan('c')).toBe('quarantined');
    const keep = { settledForMs: 1e9, abandonedForMs: 1e9, quarantinedForMs: 1e9 };
    const discard = (await world.quarantine()).map((entry) => entry.id);
    expect(await world.store.purge({ ...keep, discard })).toBe(2);
    expect(await fill()).toEqual(['noted', 'quarantined', 'quarantined']);
  });

  it('gives a task its deliveries when its external id becomes known, in order of arrival', async (world) => {
    const { id } = await world.open();
    await world.say({ externalId: 'early', status: 'running', progress: 40 });
    await world.say({ externalId: 'early', status: 'succeeded', announce: true });
    await world.say({ externalId: 'early', status: 'failed' });
    await world.say({ externalId: 'early', status: 'succeeded', announce: true });
    const [, orphan] = await world.quarantine();
    const said = await world.say({ taskId: id, externalId: 'early', source: 'submit', status: 'pending' });
    expect(said).toMatchObject({ outcome: 'noted', task: { id, status: 'succeeded', progress: 100 } });
    expect(await world.task(id)).toEqual(present(said.task));
    expect(await world.quarantine()).toEqual([]);
    const { entries, effects } = await world.ledger(id);
    expect(entries.map(({ seq, outcome, copies }) => [seq, outcome, copies])).toEqual([
      [1, 'noted', 1],
      [2, 'noted', 1],
      [3, 'settled', 2],
      [4, 'contradicted', 1],
    ]);
    const adopted = present(entries[2]);
    expect([adopted.at, adopted.lastAt]).toEqual([present(orphan).at, present(orphan).lastAt]);
    expect(adopted.id).toBe(`${id}:3`);
    expect(effects.map(({ kind, number, state }) => [kind, number, state])).toEqual([
      ['fact', 3, 'due'],
      ['progress', 0, 'done'],
      ['settled', 1, 'due'],
    ]);
    const late = await world.say({ externalId: 'early', status: 'succeeded', announce: true });
    expect(late).toMatchObject({ outcome: 'settled', duplicate: true });
  });

  it('gives a task its deliveries within one batch', async ({ open, fact, store, quarantine }) => {
    const { id } = await open();
    const [orphan, submit] = await store.record([
      fact({ externalId: 'early', status: 'succeeded' }),
      fact({ taskId: id, externalId: 'early', source: 'submit', status: 'pending' }),
    ]);
    expect(orphan).toMatchObject({ outcome: 'quarantined', task: null });
    expect(submit).toMatchObject({ outcome: 'noted', task: { status: 'succeeded' } });
    expect(await quarantine()).toEqual([]);
  });

  it('gives a task the deliveries that name it when it is opened', async ({
    say,
    draft,
    store,
    quarantine,
    effects,
  }) => {
    const asked = draft();
    await say({ taskId: asked.id, externalId: 'e-1', status: 'succeeded' });
    await say({ taskId: asked.id, status: null, unparseable: true });
    await say({ externalId: 'e-1', status: 'failed' });
    await say({ externalId: 'e-2', status: 'failed' });
    const opened = await store.open(asked);
    expect(opened).toMatchObject({ created: true, send: true, task: { status: 'succeeded', externalId: 'e-1' } });
    expect((await effects(asked.id)).map(({ kind, number }) => [kind, number])).toEqual([['settled', 1]]);
    expect((await quarantine()).map(({ fact }) => [fact.unparseable, fact.externalId])).toEqual([
      [true, null],
      [false, 'e-2'],
    ]);
    expect((await store.ledger({ taskId: asked.id })).entries.map(({ outcome }) => outcome)).toEqual([
      'settled',
      'contradicted',
    ]);
  });

  it('gives a task opened by a delivery what came for it before', async ({ say, provider, quarantine, ledger }) => {
    const id = `unknown-${provider}`;
    await say({ externalId: 'e-1', status: 'running', progress: 10 });
    const said = await say({ externalId: 'e-1', status: 'succeeded', open: { id, deadlineMs: 60_000 } });
    expect(said).toMatchObject({ outcome: 'settled', task: { id, status: 'succeeded' } });
    expect(await quarantine()).toEqual([]);
    expect((await ledger(id)).entries.map(({ outcome }) => outcome)).toEqual(['settled', 'noted']);
  });

  it('gives nothing to a task of another provider', async ({ say, draft, store, quarantine, provider }) => {
    const asked = draft({ provider: `other-${provider}` });
    await say({ taskId: asked.id, status: 'succeeded' });
    expect((await store.open(asked)).task.status).toBe('submitting');
    await say({ externalId: 'same', status: 'failed' });
    const about = { provider: asked.provider, taskId: asked.id, externalId: 'same', source: 'submit' } as const;
    expect((await say({ ...about, status: 'pending' })).task?.status).toBe('pending');
    expect((await quarantine()).length).toBe(2);
  });

  it('gives a task the deliveries of its real id when that replaces a hinted one', async ({
    open,
    say,
    quarantine,
  }) => {
    const { id } = await open();
    await say({ taskId: id, externalId: 'guess', trust: 'hint', status: 'running' });
    await say({ externalId: 'real', status: 'failed' });
    const said = await say({ taskId: id, externalId: 'real', source: 'submit', status: 'pending' });
    expect(said.task).toMatchObject({ externalId: 'real', status: 'failed' });
    expect(await quarantine()).toEqual([]);
  });

  it('strands no delivery that comes at the very moment its external id does', async (world) => {
    const tasks = await Promise.all(Array.from({ length: 25 }, () => world.open()));
    await atOnce(world, 50, async (store, index) => {
      const { id } = present(tasks[index >> 1]);
      const externalId = `x-${id}`;
      if ((index + (index >> 1)) % 2 === 0) await store.record([world.fact({ externalId, status: 'succeeded' })]);
      else await store.record([world.fact({ taskId: id, externalId, source: 'submit', status: 'pending' })]);
    });
    expect(await world.quarantine()).toEqual([]);
    for (const { id } of tasks) expect((await world.task(id)).status).toBe('succeeded');
  });

  it('strands no delivery that comes at the very moment its task is opened', async (world) => {
    const drafts = Array.from({ length: 25 }, () => world.draft());
    await atOnce(world, 50, async (store, index) => {
      const draft = present(drafts[index >> 1]);
      if ((index + (index >> 1)) % 2 === 0) await store.record([world.fact({ taskId: draft.id, status: 'failed' })]);
      else await store.open(draft);
    });
    expect(await world.quarantine()).toEqual([]);
    for (const { id } of drafts) expect((await world.task(id)).status).toBe('failed');
  });

  it('lets an entry go when the fact parsed from it is recorded', async ({ submit, say, quarantine, ledger }) => {
    const { id } = await submit();
    await say({ taskId: id, status: null, unparseable: true, delivery: aDelivery('odd') });
    const { id: releases } = only(await quarantine());
    const said = await say({ taskId: id, status: 'succeeded', releases, delivery: aDelivery('odd') });
    expect(said).toMatchObject({ outcome: 'settled', duplicate: false });
    expect(await quarantine()).toEqual([]);
    expect((await ledger(id)).entries.length).toBe(2);
    await say({ taskId: id, status: null, unparseable: true, nonce: '2' });
    const next = only(await quarantine());
    const copy = await say({ taskId: id, status: 'succeeded', releases: next.id });
    expect(copy).toMatchObject({ outcome: 'settled', duplicate: true });
    expect(await quarantine()).toEqual([]);
    expect((await say({ taskId: id, status: 'failed', releases: next.id })).outcome).toBe('contradicted');
  });
}
