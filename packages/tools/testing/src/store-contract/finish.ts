import { isTasklatchError } from '@tasklatch/core';
import type { Suite } from './suite.js';
import { atOnce, LONG, only, present, rejection, SHORT, type World } from './world.js';

/** A task that has settled, and the lease of its effect. */
async function claimed<Tx>(world: World<Tx>, leaseMs = LONG) {
  const { id, externalId } = await world.submit();
  await world.say({ externalId, status: 'succeeded' });
  const lease = await world.claimEffect({ kinds: ['settled'], leaseMs });
  const effect = async () => only((await world.effects(id)).filter(({ kind }) => kind === 'settled'));
  return { id, externalId, lease, effect };
}

export function finishCases<Tx>({ it, expect }: Suite<Tx>): void {
  it('marks an effect done for good', async (world) => {
    const { lease, effect } = await claimed(world);
    expect(await world.store.finish(lease, { kind: 'done' })).toBe(true);
    const record = await effect();
    expect(record).toMatchObject({ state: 'done', runs: 1, starts: 1, ends: 1, leaseUntil: null });
    expect(present(record.doneAt) >= present(lease.task.settledAt)).toBe(true);
    expect(await world.store.claim('effect', world.want({ kinds: ['settled'] }))).toEqual([]);
  });

  it('answers false the second time, and changes nothing', async (world) => {
    const { lease, effect } = await claimed(world);
    await world.store.finish(lease, { kind: 'done' });
    const record = await effect();
    expect(await world.other.finish(lease, { kind: 'done' })).toBe(false);
    expect(await world.store.finish(lease, { kind: 'again', inMs: 0 })).toBe(false);
    expect(await world.store.finish(lease, { kind: 'step', step: 'late' })).toBe(false);
    expect(await world.store.extend(lease, LONG)).toBe(false);
    expect(await effect()).toEqual(record);
  });

  it('lets one of 50 callers finish', async (world) => {
    const { lease, effect } = await claimed(world);
    const finished = await atOnce(world, 50, (store) => store.finish(lease, { kind: 'done' }));
    expect(finished.filter(Boolean).length).toBe(1);
    expect(await effect()).toMatchObject({ state: 'done', ends: 1 });
  });

  it('turns away whoever lost the lease to another', async (world) => {
    const { lease: slow, effect } = await claimed(world, SHORT);
    await world.pass(SHORT);
    const fast = await world.claimEffect({ kinds: ['settled'] });
    const record = await effect();
    expect(await world.store.extend(slow, LONG)).toBe(false);
    for (const end of [
      { kind: 'done' },
      { kind: 'step', step: 'slow' },
      { kind: 'again', inMs: 0 },
      { kind: 'dead' },
    ] as const) {
      expect(await world.store.finish(slow, end)).toBe(false);
    }
    expect(await effect()).toEqual(record);
    expect(await world.store.finish(fast, { kind: 'done' })).toBe(true);
  });

  it('lets the holder of a lease that is over go on, as long as nobody took it', async (world) => {
    const { lease } = await claimed(world, SHORT);
    await world.pass(SHORT);
    expect(await world.store.extend(lease, LONG)).toBe(true);
    expect(await world.store.claim('effect', world.want({ kinds: ['settled'] }))).toEqual([]);
    const { lease: other } = await claimed(world, SHORT);
    await world.pass(SHORT);
    expect(await world.store.finish(other, { kind: 'done' })).toBe(true);
  });

  it('moves the end of a lease, to later and to sooner', async (world) => {
    const { lease, effect } = await claimed(world);
    const until = present((await effect()).leaseUntil);
    const extended = await atOnce(world, 50, (store) => store.extend(lease, 2 * LONG));
    expect(extended.every(Boolean)).toBe(true);
    expect(present((await effect()).leaseUntil) >= until + LONG / 2).toBe(true);
    expect(await world.store.extend(lease, SHORT)).toBe(true);
    await world.pass(SHORT);
    expect((await world.claimEffect({ kinds: ['settled'] })).starts).toBe(2);
  });

  it('moves a check to the new end of its lease', async (world) => {
    const { id } = await world.open({ sendWithinMs: 0, deadlineMs: 10 * LONG });
    const lease = await world.claimCheck();
    const before = present((await world.task(id)).nextCheckAt);
    expect(await world.store.extend(lease, 2 * LONG)).toBe(true);
    expect(present((await world.task(id)).nextCheckAt) >= before + LONG / 2).toBe(true);
    expect(await world.store.extend(lease, SHORT)).toBe(true);
    await world.pass(SHORT);
    expect((await world.claimCheck()).fence > lease.fence).toBe(true);
  });

  it('makes an effect due again in the time asked for, and counts the end', async (world) => {
    const { lease, effect } = await claimed(world);
    expect(await world.store.finish(lease, { kind: 'again', inMs: LONG, error: 'boom' })).toBe(true);
    const record = await effect();
    expect(record).toMatchObject({ state: 'due', runs: 1, starts: 1, ends: 1, lastError: 'boom', leaseUntil: null });
    expect(record.dueAt >= present(lease.task.settledAt) + LONG).toBe(true);
    expect(await world.store.claim('effect', world.want({ kinds: ['settled'] }))).toEqual([]);
    const { lease: soon } = await claimed(world);
    await world.store.finish(soon, { kind: 'again', inMs: 0 });
    const next = await world.claimEffect({ kinds: ['settled'] });
    expect(next).toMatchObject({ taskId: soon.taskId, starts: 2, ends: 1 });
    expect(next.fence > soon.fence).toBe(true);
  });

  it('remembers the steps that are done, each once, and keeps the lease', async (world) => {
    const { lease, effect } = await claimed(world, SHORT);
    for (const step of ['mail', 'invoice', 'mail']) {
      expect(await world.store.finish(lease, { kind: 'step', step })).toBe(true);
    }
    expect(await effect()).toMatchObject({ state: 'running', ends: 0, steps: ['mail', 'invoice'] });
    await world.pass(SHORT);
    const next = await world.claimEffect({ kinds: ['settled'] });
    expect(next.steps).toEqual(['mail', 'invoice']);
    await world.store.finish(next, { kind: 'again', inMs: 0 });
    expect((await world.claimEffect({ kinds: ['settled'] })).steps).toEqual(['mail', 'invoice']);
  });

  it('parks an effect as dead until it is replayed', async (world) => {
    const { id, lease, effect } = await claimed(world);
    await world.store.finish(lease, { kind: 'step', step: 'mail' });
    expect(await world.store.finish(lease, { kind: 'dead', error: 'handler_threw' })).toBe(true);
    expect(await effect()).toMatchObject({ state: 'dead', ends: 1, lastError: 'handler_threw', leaseUntil: null });
    expect(await world.store.claim('effect', world.want({ kinds: ['settled'] }))).toEqual([]);
    await world.say({ taskId: id, source: 'operator', status: null, replay: 'settled', nonce: 'r' });
    expect(await effect()).toMatchObject({ state: 'due', runs: 1, starts: 0, ends: 0, steps: [], lastError: null });
    const next = await world.claimEffect({ kinds: ['settled'] });
    expect(next).toMatchObject({ starts: 1, ends: 0, steps: [] });
    expect(next.fence > lease.fence).toBe(true);
    expect((await effect()).runs).toBe(2);
  });

  it('puts the next check where the end says, and never past the deadline', async (world) => {
    const { id, deadlineAt, createdAt } = await world.open({ sendWithinMs: 0, deadlineMs: 2 * LONG });
    const first = await world.claimCheck();
    expect(await world.store.finish(first, { kind: 'again', inMs: LONG })).toBe(true);
    const next = present((await world.task(id)).nextCheckAt);
    expect(next >= createdAt + LONG && next < deadlineAt).toBe(true);
    expect(await world.store.finish(first, { kind: 'again', inMs: 0 })).toBe(false);
    expect(present((await world.task(id)).nextCheckAt)).toBe(next);

    await world.say({ taskId: id, source: 'operator', status: null, checkInMs: 0 });
    await world.store.finish(await world.claimCheck(), { kind: 'again', inMs: 9 * LONG });
    expect((await world.task(id)).nextCheckAt).toBe(deadlineAt);
  });

  it('takes the time asked for once the deadline has passed', async (world) => {
    const { id, deadlineAt } = await world.open({ sendWithinMs: 0, deadlineMs: 0 });
    await world.store.finish(await world.claimCheck(), { kind: 'again', inMs: LONG });
    expect(present((await world.task(id)).nextCheckAt) >= deadlineAt + LONG).toBe(true);
  });

  it('keeps a check due that somebody asked for while it was leased', async (world) => {
    const { id } = await world.open({ sendWithinMs: 0 });
    const lease = await world.claimCheck();
    await world.say({ taskId: id, trust: 'hint', status: 'succeeded', checkInMs: 0 });
    expect(await world.other.claim('check', world.want())).toEqual([]);
    expect(await world.store.finish(lease, { kind: 'again', inMs: LONG })).toBe(true);
    expect((await world.claimCheck()).taskId).toBe(id);
  });

  it('leaves a task with a next check even when its check is done', async (world) => {
    const { id, deadlineAt } = await world.open({ sendWithinMs: 0 });
    expect(await world.store.finish(await world.claimCheck(), { kind: 'done' })).toBe(true);
    expect((await world.task(id)).nextCheckAt).toBe(deadlineAt);
  });

  it('ends the check of a task that settled meanwhile', async (world) => {
    for (const end of [{ kind: 'done' }, { kind: 'again', inMs: 0 }] as const) {
      const { id } = await world.open({ sendWithinMs: 0 });
      const lease = await world.claimCheck();
      await world.say({ taskId: id, source: 'check', status: 'failed' });
      expect(await world.store.finish(lease, end)).toBe(true);
      expect((await world.task(id)).nextCheckAt).toBe(null);
      expect(await world.store.finish(lease, end)).toBe(false);
    }
    expect(await world.store.claim('check', world.want())).toEqual([]);
  });

  it('refuses ends that a check can not have', async (world) => {
    await world.open({ sendWithinMs: 0 });
    const lease = await world.claimCheck();
    for (const end of [{ kind: 'dead' }, { kind: 'step', step: 'one' }] as const) {
      expect(isTasklatchError(await rejection(world.store.finish(lease, end)), 'not_supported')).toBe(true);
    }
    expect(await world.store.finish(lease, { kind: 'done' })).toBe(true);
  });

  it('answers false for a task that is gone', async (world) => {
    const { lease } = await claimed(world);
    const gone = { ...lease, taskId: `gone-${lease.taskId}` };
    expect(await world.store.finish(gone, { kind: 'done' })).toBe(false);
    expect(await world.store.extend(gone, LONG)).toBe(false);
  });
}
