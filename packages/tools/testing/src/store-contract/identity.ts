import type { Suite } from './suite.js';
import { atOnce, LONG, only, present } from './world.js';

/** Which task a fact is about, and to whom an external id belongs. */
export function identityCases<Tx>({ it, expect }: Suite<Tx>): void {
  it('finds a task by its external id within its provider only', async ({ store, submit, fact, task, provider }) => {
    const mine = await submit();
    const elsewhere = `other-${provider}`;
    expect(await store.get({ provider: elsewhere, externalId: mine.externalId })).toBe(undefined);
    const said = only(
      await store.record([fact({ provider: elsewhere, externalId: mine.externalId, status: 'failed' })]),
    );
    expect(said).toMatchObject({ outcome: 'quarantined', task: null, changed: false });
    expect(await task(mine.id)).toMatchObject({ status: 'pending' });
  });

  it('keeps tasks of two providers apart that have the same external id', async ({
    store,
    open,
    say,
    task,
    provider,
  }) => {
    const elsewhere = `other-${provider}`;
    const one = await open();
    const two = await open({ provider: elsewhere });
    await say({ taskId: one.id, externalId: 'same', source: 'submit', status: 'pending' });
    await say({ provider: elsewhere, taskId: two.id, externalId: 'same', source: 'submit', status: 'pending' });
    await say({ provider: elsewhere, externalId: 'same', status: 'succeeded' });
    expect((await task(one.id)).status).toBe('pending');
    expect((await store.get({ provider: elsewhere, externalId: 'same' }))?.id).toBe(two.id);
    expect((await store.get({ provider, externalId: 'same' }))?.id).toBe(one.id);
  });

  it('does not let a fact of one provider touch a task of another by naming its id', async (world) => {
    const { id } = await world.submit();
    const elsewhere = `other-${world.provider}`;
    const delivered = await world.say({ provider: elsewhere, taskId: id, status: 'failed' });
    expect(delivered).toMatchObject({ outcome: 'quarantined', task: null });
    const checked = await world.say({ provider: elsewhere, taskId: id, status: 'failed', source: 'check' });
    expect(checked).toMatchObject({ outcome: 'foreign', task: null });
    expect(await world.task(id)).toMatchObject({ status: 'pending', version: 2 });
    expect((await world.ledger(id)).entries.length).toBe(1);
  });

  it('keeps nothing of what is not a delivery and names a task nobody knows', async ({ say, quarantine, provider }) => {
    for (const source of ['submit', 'check', 'deadline', 'operator'] as const) {
      const said = await say({ taskId: `none-${provider}`, source, status: 'failed' });
      expect(said).toEqual({ outcome: 'foreign', duplicate: false, task: null, changed: false });
      expect((await say({ externalId: `none-${provider}`, source })).outcome).toBe('foreign');
    }
    expect(await quarantine()).toEqual([]);
  });

  it('writes a fact about another external id down as foreign, and does nothing else', async (world) => {
    const { id, externalId } = await world.submit();
    const before = await world.task(id);
    const effects = await world.effects(id);
    const other = { taskId: id, externalId: `not-${externalId}`, status: 'succeeded', announce: true } as const;
    const said = await world.say({ ...other, checkInMs: 0 });
    expect(said).toMatchObject({ outcome: 'foreign', duplicate: false, changed: false });
    expect(said.task).toEqual(before);
    expect(await world.task(id)).toEqual(before);
    expect(await world.effects(id)).toEqual(effects);
    expect((await world.ledger(id)).entries.map(({ outcome }) => outcome)).toEqual(['noted', 'foreign']);
    expect(await world.store.get({ provider: world.provider, externalId: `not-${externalId}` })).toBe(undefined);
  });

  it('leaves an external id with the task that has it', async (world) => {
    const owner = await world.submit();
    const { id } = await world.open();
    const said = await world.say({ taskId: id, externalId: owner.externalId, status: 'succeeded' });
    expect(said).toMatchObject({ outcome: 'foreign', task: { id, status: 'submitting', externalId: null } });
    expect((await world.store.get({ provider: world.provider, externalId: owner.externalId }))?.id).toBe(owner.id);
    expect((await world.task(owner.id)).status).toBe('pending');
  });

  it('gives an external id to one of the tasks that race for it', async (world) => {
    const tasks = await Promise.all(Array.from({ length: 20 }, () => world.open()));
    const said = await atOnce(world, 20, async (store, index) => {
      const { id } = present(tasks[index]);
      return only(await store.record([world.fact({ taskId: id, externalId: 'wanted', status: 'running' })]));
    });
    const winner = only(said.filter(({ outcome }) => outcome === 'noted'));
    expect(said.filter(({ outcome }) => outcome === 'foreign').length).toBe(19);
    const owner = present(await world.store.get({ provider: world.provider, externalId: 'wanted' }));
    expect(owner.id).toBe(present(winner.task).id);
    const ids = await Promise.all(tasks.map(async ({ id }) => (await world.task(id)).externalId));
    expect(ids.filter((externalId) => externalId === 'wanted').length).toBe(1);
  });

  it('takes batches in that name the same tasks in opposite orders, all of them', async (world) => {
    const tasks = await Promise.all(Array.from({ length: 10 }, () => world.submit()));
    const answers = await atOnce(world, 20, (store, index) => {
      const facts = tasks.map(({ externalId }) => world.fact({ externalId, status: 'running', nonce: `${index}` }));
      return store.record(index % 4 < 2 ? facts : facts.reverse());
    });
    expect(answers.flat().every(({ outcome, duplicate }) => outcome === 'noted' && !duplicate)).toBe(true);
    for (const { id } of tasks) expect((await world.ledger(id)).entries.length).toBe(21);
  });

  it('opens an unknown task from its first delivery where that is wanted', async (world) => {
    const id = `unknown-${world.provider}`;
    const said = await world.say({ externalId: 'e-1', status: 'running', progress: 5, open: { id, deadlineMs: LONG } });
    expect(said).toMatchObject({ outcome: 'noted', duplicate: false, changed: true });
    const task = present(said.task);
    expect(task).toMatchObject({ id, provider: world.provider, status: 'running', externalId: 'e-1', progress: 5 });
    expect(task).toMatchObject({ sends: 0, sendToken: null, key: null, version: 2, expectsCallback: true });
    expect(task.deadlineAt).toBe(task.createdAt + LONG);
    expect(task.nextCheckAt).toBe(task.deadlineAt);
    expect((await world.store.get({ provider: world.provider, externalId: 'e-1' }))?.id).toBe(id);
    const next = await world.say({ externalId: 'e-1', status: 'succeeded', open: { id, deadlineMs: LONG } });
    expect(next).toMatchObject({ outcome: 'settled', task: { id } });
    expect((await world.ledger(id)).entries.map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it('opens one task for 50 first deliveries', async (world) => {
    const id = `unknown-${world.provider}`;
    const fact = world.fact({ externalId: 'e-1', status: 'succeeded', open: { id, deadlineMs: LONG } });
    const said = (await atOnce(world, 50, (store) => store.record([fact]))).flat();
    expect(said.filter(({ duplicate }) => !duplicate).length).toBe(1);
    expect(said.every(({ outcome, task }) => outcome === 'settled' && task?.id === id)).toBe(true);
    const { entries, effects } = await world.ledger(id);
    expect(entries.map(({ copies }) => copies)).toEqual([50]);
    expect(effects.map(({ kind, number }) => [kind, number])).toEqual([['settled', 1]]);
  });

  it('opens no task for a fact that names one of ours, or none at all', async ({ say, store, provider }) => {
    const id = `unknown-${provider}`;
    const open = { id, deadlineMs: LONG };
    expect((await say({ taskId: `gone-${provider}`, externalId: 'e-2', open })).outcome).toBe('quarantined');
    expect((await say({ externalId: null, open })).outcome).toBe('quarantined');
    expect((await say({ externalId: 'e-3', open, unparseable: true })).outcome).toBe('quarantined');
    expect(await store.get({ id })).toBe(undefined);
  });

  it('never opens a task over one that is there', async ({ open, say, task, store, provider }) => {
    const { id } = await open();
    await say({ taskId: id, externalId: 'mine', source: 'submit', status: 'pending' });
    const before = await task(id);
    const said = await say({ externalId: 'else', status: 'succeeded', open: { id, deadlineMs: LONG } });
    expect(said).toMatchObject({ outcome: 'foreign', changed: false, task: { id, status: 'pending' } });
    expect(await task(id)).toEqual(before);
    expect(await store.get({ provider, externalId: 'else' })).toBe(undefined);
  });
}
