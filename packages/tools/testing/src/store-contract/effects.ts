import type { Fact } from '@tasklatch/core';
import type { Suite } from './suite.js';
import { LONG, only, present } from './world.js';

/** Which effects a fact makes due, and the bounded ledger they hang on. */
export function effectCases<Tx>({ it, expect }: Suite<Tx>): void {
  it('makes one `progress` effect due for any growth, and coalesces it', async ({
    submit,
    say,
    effects,
    claimEffect,
  }) => {
    const { id, externalId } = await submit();
    // What the submit answer said, the app has from `submit` itself.
    expect(await effects(id)).toEqual([]);
    for (const progress of [10, 20, 30]) await say({ externalId, status: 'running', progress });
    const record = only(await effects(id));
    expect(record).toMatchObject({ kind: 'progress', number: 0, state: 'due', runs: 0 });
    const lease = await claimEffect();
    expect(lease).toMatchObject({ kind: 'progress', number: 0, task: { progress: 30 } });
  });

  it('runs `progress` again when the task grew while it ran', async ({
    submit,
    say,
    effects,
    claimEffect,
    store,
    want,
  }) => {
    const { id, externalId } = await submit();
    await say({ externalId, status: 'running' });
    const lease = await claimEffect();
    await say({ externalId, status: 'running', progress: 10 });
    await say({ externalId, status: 'running', progress: 20 });
    expect(await store.claim('effect', want())).toEqual([]);
    await store.finish(lease, { kind: 'done' });
    expect(only(await effects(id))).toMatchObject({ state: 'due', runs: 1, starts: 0, ends: 0 });
    const next = await claimEffect();
    expect(next).toMatchObject({ kind: 'progress', starts: 1, ends: 0, task: { progress: 20 } });
    expect(next.fence > lease.fence).toBe(true);
    await store.finish(next, { kind: 'done' });
    expect(only(await effects(id))).toMatchObject({ state: 'done', runs: 2 });
    await say({ externalId, status: 'running', progress: 15 });
    expect(only(await effects(id)).state).toBe('done');
    await say({ externalId, status: 'running', progress: 40 });
    expect(only(await effects(id))).toMatchObject({ state: 'due', starts: 0, ends: 0 });
  });

  it('makes a dead `progress` due again when the task grows', async ({ submit, say, effects, claimEffect, store }) => {
    const { id, externalId } = await submit();
    await say({ externalId, status: 'running', progress: 10 });
    await store.finish(await claimEffect(), { kind: 'dead', error: 'boom' });
    await say({ externalId, status: 'running', progress: 20 });
    expect(only(await effects(id))).toMatchObject({ state: 'due', starts: 0, ends: 0, runs: 1 });
  });

  it('ends `progress` when the task settles', async ({ submit, say, effects, claimEffect, store, want }) => {
    const states = async (id: string) => (await effects(id)).map(({ kind, state }) => [kind, state]);
    const ended = [
      ['progress', 'done'],
      ['settled', 'due'],
    ];
    const waiting = await submit();
    await say({ externalId: waiting.externalId, status: 'running' });
    await say({ externalId: waiting.externalId, status: 'succeeded' });
    expect(await states(waiting.id)).toEqual(ended);

    const leased = await submit();
    await say({ externalId: leased.externalId, status: 'running' });
    const lease = await claimEffect({ kinds: ['progress'] });
    await say({ externalId: leased.externalId, status: 'running', progress: 5 });
    await say({ externalId: leased.externalId, status: 'failed' });
    await store.finish(lease, { kind: 'done' });
    expect(await store.claim('effect', want({ kinds: ['progress'] }))).toEqual([]);
    expect(await states(leased.id)).toEqual(ended);
  });

  it('makes no `progress` due for what changes nothing', async ({ submit, say, effects, claimEffect, store }) => {
    const { id, externalId } = await submit();
    await say({ externalId, status: 'running', progress: 10 });
    await store.finish(await claimEffect(), { kind: 'done' });
    await say({ externalId, status: 'pending', nonce: 'behind' });
    await say({ externalId, status: null, providerStatus: 'thinking' });
    await say({ externalId, status: 'running', trust: 'hint', progress: 70 });
    expect(only(await effects(id))).toMatchObject({ kind: 'progress', state: 'done' });
  });

  it('makes a `fact` effect due for each new fact that is announced', async ({ submit, say, effects }) => {
    const { id, externalId } = await submit();
    const facts = async () => (await effects(id)).filter(({ kind }) => kind === 'fact').map(({ number }) => number);
    await say({ externalId, status: 'running', announce: true });
    await say({ externalId, status: 'running', announce: true });
    await say({ externalId, status: 'running', announce: true, trust: 'hint' });
    expect(await facts()).toEqual([2, 3]);
    await say({ taskId: id, externalId: 'other', status: 'running', announce: true });
    expect(await facts()).toEqual([2, 3]);
    await say({ externalId, status: 'succeeded', announce: true });
    await say({ externalId, status: 'failed', announce: true });
    expect(await facts()).toEqual([2, 3, 5, 6]);
  });

  it('replays effects that are done or dead, and leaves others alone', async (world) => {
    const { id, externalId } = await world.submit();
    for (const nonce of ['done', 'dead', 'running', 'due']) {
      await world.say({ externalId, status: 'running', announce: true, nonce });
    }
    const leases = await world.store.claim('effect', world.want({ kinds: ['fact'] }));
    const [done, dead, running, due] = [...leases].sort((a, b) => a.number - b.number);
    await world.store.finish(present(done), { kind: 'done' });
    await world.store.finish(present(dead), { kind: 'dead', error: 'boom' });
    await world.store.finish(present(due), { kind: 'again', inMs: LONG, error: 'later' });
    const replay = await world.say({ taskId: id, source: 'operator', status: null, replay: 'fact', nonce: 'r-1' });
    expect(replay.outcome).toBe('noted');
    const facts = (await world.effects(id)).filter(({ kind }) => kind === 'fact');
    expect(facts.map(({ state, runs, starts, ends }) => [state, runs, starts, ends])).toEqual([
      ['due', 1, 0, 0],
      ['due', 1, 0, 0],
      ['running', 1, 1, 0],
      ['due', 1, 1, 1],
    ]);
    expect(facts.map(({ lastError }) => lastError)).toEqual([null, null, null, 'later']);
    expect(await world.store.finish(present(running), { kind: 'done' })).toBe(true);
    const next = await world.store.claim('effect', world.want({ kinds: ['fact'] }));
    expect(next.map(({ number }) => number).sort()).toEqual([present(done).number, present(dead).number]);
    const copy = await world.say({ taskId: id, source: 'operator', status: null, replay: 'fact', nonce: 'r-1' });
    expect(copy.duplicate).toBe(true);
  });

  it('lets a submit that did not happen free its send token, and no other', async ({ draft, store, say, task }) => {
    const first = draft();
    await store.open(first);
    const about = { taskId: first.id, source: 'submit', status: null } as const;
    await say({ ...about, notSent: 'somebody-else' });
    expect((await task(first.id)).sendToken).toBe(first.sendToken);
    await say({ ...about, notSent: first.sendToken });
    const freed = await task(first.id);
    expect(freed).toMatchObject({ sendToken: null, status: 'submitting' });
    expect(freed.nextCheckAt).toBe(freed.deadlineAt);
  });

  it('bounds the ledger of a task, and still takes its facts in', async ({ alone }) => {
    const { submit, say, task, ledger, claimEffect, store } = await alone({ ledgerEntries: 3 });
    const { id, externalId } = await submit();
    const growth = (progress: number): Partial<Fact> => ({ externalId, status: 'running', progress, announce: true });
    for (const progress of [10, 20, 30, 40]) expect((await say(growth(progress))).outcome).toBe('noted');
    expect(await say(growth(40))).toMatchObject({ outcome: 'noted', duplicate: false, changed: false });
    expect(await task(id)).toMatchObject({ status: 'running', progress: 40 });
    const full = await ledger(id);
    expect(full.dropped).toBe(3);
    expect(full.entries.map(({ fact }) => fact.progress)).toEqual([null, 10, 20]);
    expect(full.effects.filter(({ kind }) => kind === 'fact').map(({ number }) => number)).toEqual([2, 3]);
    expect((await say(growth(20))).duplicate).toBe(true);

    expect((await say({ externalId, status: 'succeeded' })).outcome).toBe('settled');
    await store.finish(await claimEffect({ kinds: ['settled'] }), { kind: 'dead' });
    await say({ taskId: id, source: 'operator', status: null, replay: 'settled' });
    await say({ externalId, status: 'failed' });
    const after = await ledger(id);
    expect(after.entries.map(({ seq, fact, outcome }) => [seq, fact.source, outcome])).toEqual([
      [1, 'submit', 'noted'],
      [2, 'delivery', 'noted'],
      [3, 'delivery', 'noted'],
      [4, 'delivery', 'settled'],
      [5, 'operator', 'noted'],
    ]);
    expect(after.dropped).toBe(4);
    expect(after.effects.filter(({ kind }) => kind === 'settled').map(({ state }) => state)).toEqual(['due']);
  });

  it('writes every `notSent` down, even when the ledger is full', async ({ alone }) => {
    const { draft, say, store, ledger } = await alone({ ledgerEntries: 1 });
    const { id } = draft();
    for (let count = 0; count < 3; count += 1) {
      const attempt = draft({ id });
      expect((await store.open(attempt)).send).toBe(true);
      await say({ taskId: id, source: 'submit', status: null, notSent: attempt.sendToken });
    }
    expect((await ledger(id)).entries.length).toBe(3);
  });
}
