import type { Suite } from './suite.js';
import { atOnce, only, present } from './world.js';

const FILES = { files: [{ url: 'https://files.example/1.png', kind: 'image' as const }], data: { seed: 7 } };
const ERROR = { code: 'nsfw', message: 'The prompt was refused.' };

export function recordCases<Tx>({ it, expect }: Suite<Tx>): void {
  it('answers nothing to nothing', async ({ store }) => {
    expect(await store.record([])).toEqual([]);
  });

  it('writes what the submit answer said before anything else can happen', async ({ open, say, store, provider }) => {
    const { id } = await open();
    const said = await say({ taskId: id, externalId: `x-${id}`, source: 'submit', status: 'pending' });
    expect(said).toMatchObject({ outcome: 'noted', duplicate: false, changed: true });
    expect(said.task).toMatchObject({ id, status: 'pending', externalId: `x-${id}`, externalIdHinted: false });
    expect(await store.get({ id })).toEqual(present(said.task));
    expect(await store.get({ provider, externalId: `x-${id}` })).toEqual(present(said.task));
  });

  it('settles a task and makes its effect due, in one act', async ({ submit, say, task, effects }) => {
    const { id, externalId, version } = await submit();
    const said = await say({ externalId, status: 'succeeded', result: FILES });
    expect(said).toMatchObject({ outcome: 'settled', duplicate: false, changed: true });
    const settled = present(said.task);
    expect(settled).toMatchObject({ id, status: 'succeeded', result: FILES, error: null, progress: 100, verdicts: 1 });
    expect(settled).toMatchObject({ version: version + 1, nextCheckAt: null, settledAt: settled.updatedAt });
    expect(await task(id)).toEqual(settled);
    const effect = only((await effects(id)).filter(({ kind }) => kind === 'settled'));
    expect(effect).toMatchObject({ number: 1, state: 'due', runs: 0, starts: 0, ends: 0, doneAt: null });
    expect(effect.dueAt).toBe(settled.settledAt);
  });

  it('keeps the reason of a task that failed', async ({ submit, say }) => {
    const { externalId } = await submit();
    const { task } = await say({ externalId, status: 'failed', error: ERROR });
    expect(task).toMatchObject({ status: 'failed', error: ERROR, result: null, progress: null });
  });

  it('latches: the first verdict holds, and later ones are only written down', async (world) => {
    const { id, externalId } = await world.submit();
    const { task } = await world.say({ externalId, status: 'succeeded', result: FILES });
    const same = await world.say({ externalId, status: 'succeeded', result: null });
    const other = await world.say({ externalId, status: 'failed', error: ERROR });
    const running = await world.say({ externalId, status: 'running', progress: 50 });
    const gaveUp = await world.say({ taskId: id, source: 'deadline', status: 'expired' });
    expect([same, other, running, gaveUp].map(({ outcome }) => outcome)).toEqual([
      'confirmed',
      'contradicted',
      'noted',
      'noted',
    ]);
    for (const said of [same, other, running, gaveUp]) expect(said).toMatchObject({ changed: false, duplicate: false });
    expect(await world.task(id)).toEqual(present(task));
    const settled = (await world.effects(id)).filter(({ kind }) => kind === 'settled');
    expect(settled.map(({ number }) => number)).toEqual([1]);
  });

  it('lets a verdict of the provider replace our own `expired`, once', async (world) => {
    const { id, externalId } = await world.submit();
    const expired = await world.say({ taskId: id, source: 'deadline', status: 'expired' });
    expect(expired).toMatchObject({ outcome: 'settled', task: { status: 'expired', verdicts: 1, nextCheckAt: null } });
    const late = await world.say({ externalId, status: 'succeeded', result: FILES });
    expect(late).toMatchObject({ outcome: 'settled', task: { status: 'succeeded', result: FILES, verdicts: 2 } });
    const more = await world.say({ externalId, status: 'failed', error: ERROR });
    expect(more.outcome).toBe('contradicted');
    expect(await world.task(id)).toEqual(present(late.task));
    const settled = (await world.effects(id)).filter(({ kind }) => kind === 'settled');
    expect(settled.map(({ number, state }) => [number, state])).toEqual([
      [1, 'due'],
      [2, 'due'],
    ]);
  });

  it('moves status up and progress forward only', async (world) => {
    const { id, externalId } = await world.submit();
    await world.say({ externalId, status: 'running', progress: 60 });
    const back = await world.say({ externalId, status: 'pending', progress: 20 });
    expect(back).toMatchObject({ outcome: 'noted', changed: false, task: { status: 'running', progress: 60 } });
    await world.say({ externalId, status: 'running', progress: null });
    await world.say({ taskId: id, source: 'submit', status: 'unclear' });
    expect(await world.task(id)).toMatchObject({ status: 'running', progress: 60 });
    await world.say({ externalId, status: 'pending', progress: 61.5 });
    expect(await world.task(id)).toMatchObject({ status: 'running', progress: 61.5 });
  });

  it('takes a copy of a fact in without doing anything again', async (world) => {
    const { id, externalId } = await world.submit();
    const first = await world.say({ externalId, status: 'succeeded', result: FILES });
    const lease = await world.claimEffect({ kinds: ['settled'] });
    await world.store.finish(lease, { kind: 'done' });
    const copy = await world.say({ externalId, status: 'succeeded', result: FILES });
    expect(copy).toMatchObject({ outcome: 'settled', duplicate: true, changed: false });
    expect(copy.task).toEqual(first.task);
    const { entries, effects } = await world.ledger(id);
    expect(entries.map(({ seq, outcome, copies }) => [seq, outcome, copies])).toEqual([
      [1, 'noted', 1],
      [2, 'settled', 2],
    ]);
    const entry = present(entries[1]);
    expect(entry.lastAt >= entry.at).toBe(true);
    expect(effects.filter(({ kind }) => kind === 'settled').map(({ state }) => state)).toEqual(['done']);
  });

  it('answers a copy with what came of the first, even when the task has moved on', async (world) => {
    const { externalId } = await world.submit();
    await world.say({ externalId, status: 'running' });
    await world.say({ externalId, status: 'failed', error: ERROR });
    await world.say({ externalId, status: 'canceled' });
    expect(await world.say({ externalId, status: 'running' })).toMatchObject({ outcome: 'noted', duplicate: true });
    expect(await world.say({ externalId, status: 'canceled' })).toMatchObject({
      outcome: 'contradicted',
      duplicate: true,
      task: { status: 'failed' },
    });
  });

  it('knows copies within one batch', async (world) => {
    const { id, externalId } = await world.submit();
    const fact = world.fact({ externalId, status: 'succeeded' });
    const said = await world.store.record([fact, fact, { ...fact }]);
    expect(said.map(({ outcome, duplicate, changed }) => [outcome, duplicate, changed])).toEqual([
      ['settled', false, true],
      ['settled', true, false],
      ['settled', true, false],
    ]);
    expect((await world.ledger(id)).entries.map(({ copies }) => copies)).toEqual([1, 3]);
  });

  it('answers in the order of the facts, each with its task after the whole batch', async (world) => {
    const one = await world.submit();
    const two = await world.submit();
    const said = await world.store.record([
      world.fact({ externalId: one.externalId, status: 'running', progress: 10 }),
      world.fact({ externalId: two.externalId, status: 'failed', error: ERROR }),
      world.fact({ externalId: one.externalId, status: 'succeeded', result: FILES }),
      world.fact({ externalId: `nobody-${one.id}` }),
      world.fact({ externalId: one.externalId, status: 'failed', error: ERROR }),
    ]);
    expect(said.map(({ outcome }) => outcome)).toEqual(['noted', 'settled', 'settled', 'quarantined', 'contradicted']);
    expect(said.map(({ task }) => task?.id ?? null)).toEqual([one.id, two.id, one.id, null, one.id]);
    expect(said.map(({ task }) => task?.status ?? null)).toEqual([
      'succeeded',
      'failed',
      'succeeded',
      null,
      'succeeded',
    ]);
    expect(present(said[0]).task).toEqual(await world.task(one.id));
    expect((await world.ledger(one.id)).entries.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  });

  it('writes a status it does not know as it came', async ({ submit, say, ledger }) => {
    const { id, externalId } = await submit();
    await say({ externalId, status: 'pending', providerStatus: 'Warming-Up™' });
    expect(present((await ledger(id)).entries[1]).fact.providerStatus).toBe('Warming-Up™');
  });

  it('writes the whole fact down', async ({ submit, fact, store, ledger }) => {
    const { id, externalId } = await submit();
    const said = fact({
      externalId,
      status: 'succeeded',
      providerStatus: 'OK',
      progress: 99.5,
      result: FILES,
      checkInMs: 5,
    });
    await store.record([said]);
    expect(present((await ledger(id)).entries[1])).toMatchObject({ id: `${id}:2`, seq: 2, fact: said });
  });

  it('changes nothing when a whole batch is recorded again after a lost answer', async (world) => {
    const { id, externalId } = await world.submit();
    const batch = [
      world.fact({ externalId, status: 'running', progress: 30, announce: true }),
      world.fact({ externalId, status: 'succeeded', result: FILES }),
    ];
    await world.store.record(batch);
    const task = await world.task(id);
    const before = await world.ledger(id);
    const again = await world.other.record(batch);
    expect(again.map(({ outcome, duplicate, changed }) => [outcome, duplicate, changed])).toEqual([
      ['noted', true, false],
      ['settled', true, false],
    ]);
    expect(await world.task(id)).toEqual(task);
    const after = await world.ledger(id);
    expect(after.effects).toEqual(before.effects);
    expect(after.entries.map(({ copies }) => copies)).toEqual([1, 2, 2]);
  });

  it('takes the same fact from 50 callers in once', async (world) => {
    const { id, externalId } = await world.submit();
    const fact = world.fact({ externalId, status: 'succeeded', result: FILES });
    const said = (await atOnce(world, 50, (store) => store.record([fact]))).flat();
    expect(said.filter(({ duplicate }) => !duplicate).length).toBe(1);
    expect(said.every(({ outcome }) => outcome === 'settled')).toBe(true);
    const { entries, effects } = await world.ledger(id);
    expect(entries.map(({ copies }) => copies)).toEqual([1, 50]);
    expect(effects.filter(({ kind }) => kind === 'settled').length).toBe(1);
  });

  it('lets one of 50 verdicts settle the task', async (world) => {
    const { id, externalId } = await world.submit();
    const said = await atOnce(world, 50, async (store, index) => {
      const status = index % 3 === 0 ? 'failed' : 'succeeded';
      return only(await store.record([world.fact({ externalId, status, nonce: `${index}` })]));
    });
    expect(said.filter(({ outcome }) => outcome === 'settled').length).toBe(1);
    expect(said.filter(({ changed }) => changed).length).toBe(1);
    const { status, verdicts } = await world.task(id);
    expect(verdicts).toBe(1);
    const { entries, effects } = await world.ledger(id);
    expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 51 }, (_, index) => index + 1));
    const held = entries.slice(1).filter(({ fact }) => fact.status === status);
    expect(held.filter(({ outcome }) => outcome === 'confirmed').length).toBe(held.length - 1);
    expect(effects.filter(({ kind }) => kind === 'settled').length).toBe(1);
  });
}
