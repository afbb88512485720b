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
    expect(await world.store.finish(lease, { kind: 'split', into: ['settled:late'] })).toBe(false);
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
      { kind: 'split', into: ['settled:slow'] },
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

  it('splits an effect into one for each handler', async (world) => {
    const { id, lease, effect } = await claimed(world);
    const into = ['settled:mail', 'settled:in.voice-2'] as const;
    expect(await world.store.finish(lease, { kind: 'split', into })).toBe(true);
    expect(await effect()).toMatchObject({ state: 'done', starts: 1, ends: 1 });
    expect(await world.store.claim('effect', world.want())).toEqual([]);
    expect(await world.store.claim('effect', world.want({ kinds: ['settled:other'] }))).toEqual([]);

    const mail = await world.claimEffect({ kinds: ['settled:mail'] });
    expect(mail).toMatchObject({ taskId: id, kind: 'settled:mail', number: 1, entry: null, starts: 1, ends: 0 });
    await world.store.finish(mail, { kind: 'dead', error: 'boom' });
    const invoice = await world.claimEffect({ kinds: into });
    expect(invoice).toMatchObject({ kind: 'settled:in.voice-2', number: 1, starts: 1, ends: 0 });
    expect(await world.store.extend(invoice, LONG)).toBe(true);
    expect(await world.store.finish(invoice, { kind: 'done' })).toBe(true);
    expect((await world.effects(id)).map(({ kind, state }) => [kind, state])).toEqual([
      ['settled', 'done'],
      ['settled:in.voice-2', 'done'],
      ['settled:mail', 'dead'],
    ]);
    expect(await world.store.finish(lease, { kind: 'split', into })).toBe(false);
    expect((await world.effects(id)).map(({ state }) => state)).toEqual(['done', 'done', 'dead']);
  });

  it('replays one part of a split effect, or all of them', async (world) => {
    const { id, lease } = await claimed(world);
    const into = ['settled:bill', 'settled:mail'] as const;
    await world.store.finish(lease, { kind: 'split', into });
    for (const part of await world.store.claim('effect', world.want({ kinds: into })))
      await world.store.finish(part, { kind: 'dead' });
    const replay = (kind: 'settled' | 'settled:mail', nonce: string) =>
      world.say({ taskId: id, source: 'operator', status: null, replay: kind, nonce });
    const states = async () => (await world.effects(id)).map(({ state }) => state);
    await replay('settled:mail', 'one');
    expect(await states()).toEqual(['done', 'dead', 'due']);
    await replay('settled', 'all');
    expect(await states()).toEqual(['due', 'dead', 'due']);
    const mail = await world.claimEffect({ kinds: ['settled:mail'] });
    await world.store.finish(await world.claimEffect({ kinds: ['settled'] }), { kind: 'split', into });
    expect(await states()).toEqual(['done', 'due', 'running']);
    // It became due once more while it ran.
    await world.store.finish(mail, { kind: 'done' });
    expect(await states()).toEqual(['done', 'due', 'due']);
  });

  it('gives the part of a split `fact` effect the entry it is about', async (world) => {
    const { id, externalId } = await world.submit();
    await world.say({ externalId, status: 'running', announce: true });
    const whole = await world.claimEffect({ kinds: ['fact'] });
    await world.store.finish(whole, { kind: 'split', into: ['fact:log', 'fact:mail'] });
    const part = await world.claimEffect({ kinds: ['fact:mail'] });
    expect(part).toMatchObject({ number: 2, entry: whole.entry });
    expect(part.entry).toEqual(present((await world.ledger(id)).entries[1]));
  });

  it('splits `progress` again when the task grows, and ends its parts when it settles', async (world) => {
    const { id, externalId } = await world.submit();
    const into = ['progress:bar', 'progress:log', 'progress:web'] as const;
    const states = async () => (await world.effects(id)).filter(({ number }) => number === 0).map(({ state }) => state);
    const grow = async (progress: number) => {
      await world.say({ externalId, status: 'running', progress });
      await world.store.finish(await world.claimEffect({ kinds: ['progress'] }), { kind: 'split', into });
    };
    await grow(10);
    const parts = await world.store.claim('effect', world.want({ kinds: into }));
    expect(await states()).toEqual(['done', 'running', 'running', 'running']);
    await world.store.finish(only(parts.filter(({ kind }) => kind === 'progress:bar')), { kind: 'done' });
    await world.store.finish(only(parts.filter(({ kind }) => kind === 'progress:log')), { kind: 'dead' });
    await grow(20);
    expect(await states()).toEqual(['done', 'due', 'due', 'running']);

    await world.say({ externalId, status: 'succeeded' });
    expect(await states()).toEqual(['done', 'done', 'done', 'running']);
    await world.store.finish(only(parts.filter(({ kind }) => kind === 'progress:web')), { kind: 'done' });
    expect(await states()).toEqual(['done', 'done', 'done', 'done']);
    expect(await world.store.claim('effect', world.want({ kinds: into }))).toEqual([]);
  });

  it('parks an effect as dead until it is replayed', async (world) => {
    const { id, lease, effect } = await claimed(world);
    expect(await world.store.finish(lease, { kind: 'dead', error: 'handler_threw' })).toBe(true);
    expect(await effect()).toMatchObject({ state: 'dead', ends: 1, lastError: 'handler_threw', leaseUntil: null });
    expect(await world.store.claim('effect', world.want({ kinds: ['settled'] }))).toEqual([]);
    await world.say({ taskId: id, source: 'operator', status: null, replay: 'settled', nonce: 'r' });
    expect(await effect()).toMatchObject({ state: 'due', runs: 1, starts: 0, ends: 0, lastError: null });
    const next = await world.claimEffect({ kinds: ['settled'] });
    expect(next).toMatchObject({ starts: 1, ends: 0 });
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
    for (const end of [{ kind: 'dead' }, { kind: 'split', into: [] }] as const) {
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
