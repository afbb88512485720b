import type { Suite } from './suite.js';
import { LONG, present } from './world.js';

/** Hints: facts from whom nobody vouches. They ask for a check, and the check decides. */
export function hintCases<Tx>({ it, expect }: Suite<Tx>): void {
  it('changes no status on a hint, and asks for a check', async ({ submit, say, task, effects, claimCheck }) => {
    const { id, externalId } = await submit();
    const said = await say({ externalId, trust: 'hint', status: 'succeeded', progress: 90, checkInMs: 0 });
    expect(said).toMatchObject({ outcome: 'hint', duplicate: false, changed: true });
    expect(said.task).toMatchObject({ status: 'pending', hinted: true, progress: null, result: null, verdicts: 0 });
    expect((await effects(id)).filter(({ kind }) => kind === 'settled')).toEqual([]);
    expect((await claimCheck()).task).toMatchObject({ id, hinted: true });
    const checked = await say({ taskId: id, source: 'check', status: 'succeeded' });
    expect(checked).toMatchObject({ outcome: 'settled', task: { status: 'succeeded', hinted: false } });
    expect((await task(id)).hinted).toBe(false);
  });

  it('lets nothing put the check off that a hint asked for', async ({ submit, say, task }) => {
    const { id, externalId } = await submit();
    await say({ externalId, trust: 'hint', status: 'succeeded', checkInMs: 0 });
    const { nextCheckAt } = await task(id);
    await say({ externalId, status: 'running', checkInMs: LONG });
    expect((await task(id)).nextCheckAt).toBe(nextCheckAt);
    await say({ externalId, trust: 'hint', status: 'failed', checkInMs: LONG });
    expect((await task(id)).nextCheckAt).toBe(nextCheckAt);
  });

  it('moves the next check as an authentic fact asks, but not past the deadline', async ({ submit, say, task }) => {
    const { id, externalId, deadlineAt, nextCheckAt } = await submit({ sendWithinMs: LONG, deadlineMs: 3 * LONG });
    await say({ externalId, status: 'pending', nonce: 'silent' });
    expect((await task(id)).nextCheckAt).toBe(nextCheckAt);
    await say({ externalId, status: 'running', checkInMs: 2 * LONG });
    const later = present((await task(id)).nextCheckAt);
    expect(later > present(nextCheckAt) && later < deadlineAt).toBe(true);
    await say({ externalId, status: 'running', checkInMs: 9 * LONG, nonce: 'far' });
    expect((await task(id)).nextCheckAt).toBe(deadlineAt);
  });

  it('answers a hint about a settled task with `hint`, and changes nothing', async ({ submit, say, task }) => {
    const { id, externalId } = await submit();
    const { task: settled } = await say({ externalId, status: 'canceled' });
    expect(await say({ externalId, trust: 'hint', status: 'failed', checkInMs: 0 })).toMatchObject({
      outcome: 'hint',
      changed: false,
    });
    expect(await task(id)).toEqual(present(settled));
  });

  it('takes an external id from a hint, and finds the task by it', async ({ open, say, store, provider }) => {
    const { id } = await open();
    const said = await say({ taskId: id, externalId: 'guess', trust: 'hint', status: 'running' });
    expect(said.task).toMatchObject({ externalId: 'guess', externalIdHinted: true, status: 'submitting' });
    expect((await store.get({ provider, externalId: 'guess' }))?.id).toBe(id);
  });

  it('replaces a hinted id by an authentic one, and frees it', async ({ open, say, store, provider, task }) => {
    const { id } = await open();
    await say({ taskId: id, externalId: 'guess', trust: 'hint', status: 'running' });
    const said = await say({ taskId: id, externalId: 'real', source: 'submit', status: 'pending' });
    expect(said.task).toMatchObject({ externalId: 'real', externalIdHinted: false, status: 'pending', hinted: true });
    expect(await store.get({ provider, externalId: 'guess' })).toBe(undefined);
    expect((await store.get({ provider, externalId: 'real' }))?.id).toBe(id);
    const other = await open();
    await say({ taskId: other.id, externalId: 'guess', source: 'submit', status: 'pending' });
    expect((await store.get({ provider, externalId: 'guess' }))?.id).toBe(other.id);
    expect((await say({ externalId: 'guess', status: 'failed' })).task?.id).toBe(other.id);
    expect((await task(id)).status).toBe('pending');
  });

  it('takes the authentic word for a hinted id that was right', async ({ open, say, task, store, provider }) => {
    const { id } = await open();
    await say({ taskId: id, externalId: 'right', trust: 'hint', status: 'running' });
    await say({ taskId: id, externalId: 'right', source: 'submit', status: 'pending' });
    expect(await task(id)).toMatchObject({ externalId: 'right', externalIdHinted: false });
    expect((await store.get({ provider, externalId: 'right' }))?.id).toBe(id);
    expect((await say({ taskId: id, externalId: 'wrong', status: 'failed' })).outcome).toBe('foreign');
  });

  it('replaces no id, hinted or authentic, on the word of a hint', async ({
    open,
    submit,
    say,
    task,
    store,
    provider,
  }) => {
    const { id } = await open();
    await say({ taskId: id, externalId: 'first', trust: 'hint', status: 'running' });
    const { externalId, id: other } = await submit();
    for (const taskId of [id, other]) {
      const said = await say({ taskId, externalId: 'second', trust: 'hint', status: 'failed' });
      expect(said).toMatchObject({ outcome: 'foreign', changed: false });
    }
    expect(await task(id)).toMatchObject({ externalId: 'first', externalIdHinted: true });
    expect(await task(other)).toMatchObject({ externalId, hinted: false });
    expect(await store.get({ provider, externalId: 'second' })).toBe(undefined);
  });
}
