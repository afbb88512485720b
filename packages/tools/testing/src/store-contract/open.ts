import { openTask } from '@tasklatch/core';
import type { Suite } from './suite.js';
import { aDayAhead, atOnce, only } from './world.js';

export function openCases<Tx>({ it, expect }: Suite<Tx>): void {
  it('creates a task from its draft and gives the right to send', async ({ store, draft }) => {
    const asked = draft({ key: 'order-1', owner: 'ada', model: 'm-1', fingerprint: 'f-1', expectsCallback: false });
    const opened = await store.open(asked);
    expect(opened).toEqual({ task: openTask(asked, opened.task.createdAt), created: true, send: true });
    expect(await store.get({ id: asked.id })).toEqual(opened.task);
  });

  it('counts the first check and the deadline from its own clock', async ({ store, draft }) => {
    const { task } = await store.open(draft({ sendWithinMs: 5_000, deadlineMs: 90_000 }));
    expect(task.nextCheckAt).toBe(task.createdAt + 5_000);
    expect(task.deadlineAt).toBe(task.createdAt + 90_000);
    const late = await store.open(draft({ sendWithinMs: 90_000, deadlineMs: 5_000 }));
    expect(late.task.nextCheckAt).toBe(late.task.deadlineAt);
  });

  it('takes no time from the calling process where it has a clock of its own', async ({ store, draft, now }) => {
    if (now === undefined) return; // This store's clock is the process's.
    const before = await now();
    const { createdAt } = (await aDayAhead(() => store.open(draft()))).task;
    expect(createdAt >= before && createdAt <= (await now())).toBe(true);
  });

  it('finds the task the second time and does not give the right to send again', async ({ store, draft }) => {
    const first = draft();
    const { task } = await store.open(first);
    const again = await store.open(draft({ id: first.id }));
    expect(again).toEqual({ task, created: false, send: false });
  });

  it('gives the right again to the same send token, for an answer that was lost', async ({ store, draft }) => {
    const asked = draft();
    const { task } = await store.open(asked);
    expect(await store.open(asked)).toEqual({ task, created: false, send: true });
  });

  it('gives the right to another send token once the first send provably did not happen', async ({
    store,
    draft,
    say,
  }) => {
    const first = draft();
    await store.open(first);
    await say({ taskId: first.id, source: 'submit', status: null, notSent: first.sendToken });
    const retry = draft({ id: first.id });
    const again = await store.open(retry);
    expect(again).toMatchObject({ created: false, send: true, task: { sends: 2, sendToken: retry.sendToken } });
    expect(again.task.status).toBe('submitting');
    const third = await store.open(draft({ id: first.id }));
    expect(third).toMatchObject({ send: false, task: { sends: 2 } });
  });

  it('does not give the right for another input, even when nothing was sent', async ({ store, draft, say }) => {
    const first = draft({ fingerprint: 'one' });
    await store.open(first);
    await say({ taskId: first.id, source: 'submit', status: null, notSent: first.sendToken });
    const other = await store.open(draft({ id: first.id, fingerprint: 'two' }));
    expect(other).toMatchObject({ created: false, send: false, task: { fingerprint: 'one', sends: 1 } });
  });

  it('does not give the right once the provider has the task', async ({ store, draft, submit }) => {
    const task = await submit();
    const again = await store.open(draft({ id: task.id }));
    expect(again).toMatchObject({ created: false, send: false });
    expect(again.task).toEqual(await store.get({ id: task.id }));
  });

  it('lets exactly one of 50 callers create the task and send', async (world) => {
    const { id } = world.draft();
    const opened = await atOnce(world, 50, (store) => store.open(world.draft({ id })));
    expect(opened.filter(({ created }) => created).length).toBe(1);
    expect(opened.filter(({ send }) => send).length).toBe(1);
    const winner = only(opened.filter(({ send }) => send)).task.sendToken;
    expect((await world.task(id)).sendToken).toBe(winner);
    expect(opened.every(({ task }) => task.sendToken === winner)).toBe(true);
  });

  it('lets exactly one of 50 callers send again after a send that did not happen', async (world) => {
    const first = world.draft();
    await world.store.open(first);
    await world.say({ taskId: first.id, source: 'submit', status: null, notSent: first.sendToken });
    const opened = await atOnce(world, 50, (store) => store.open(world.draft({ id: first.id })));
    expect(opened.filter(({ send }) => send).length).toBe(1);
    expect((await world.task(first.id)).sends).toBe(2);
  });

  it('keeps the words of the app as they are, whatever is in them', async ({ store, draft }) => {
    const odd = 'nul \u0000, half \ud83d a pair \udc00, quote \' " \\ \\u0000 %s $1 {}, new\nline, 日本 🙂';
    const asked = draft({ key: odd, owner: odd, model: odd, fingerprint: odd });
    const { task } = await store.open(asked);
    expect(task).toMatchObject({ key: odd, owner: odd, model: odd, fingerprint: odd });
    expect(await store.get({ id: asked.id })).toEqual(task);
    expect((await store.open(asked)).send).toBe(true);
  });
}
