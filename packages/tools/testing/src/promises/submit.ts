import { isTasklatchError, type Task } from '@tasklatch/core';
import { aRequest } from '../a-request.js';
import { type Bench, bench, eventually, freshKey, rest, SIGNED } from './bench.js';
import type { PromiseSuite } from './suite.js';

const refusalOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'nothing was thrown';
  } catch (error) {
    return isTasklatchError(error) ? error.code : String(error);
  }
};

/** Promises 5 and 6: submit once, and the task id first. */
export function submitCases({ expect, it }: PromiseSuite): void {
  const request = (b: Bench, more: object = {}) => ({
    provider: b.provider.name,
    model: 'm1',
    input: { prompt: 'a boat' },
    owner: 'ann',
    key: freshKey(),
    ...more,
  });
  const sign = (b: Bench, task: Pick<Task, 'id'>, body: unknown) =>
    b.latch.callbacks(aRequest({ path: b.path(task), body, headers: SIGNED }));

  it('promise 5, submit once: fifty concurrent submits of one key, in two processes, are one task and one POST', async (under) => {
    const b = bench(under);
    const other = b.again({ store: (await under.second?.()) ?? under.store });
    b.provider.answerNext(async ({ taskId }) => {
      await rest(100);
      return { kind: 'accepted', fact: { externalId: `ext-${taskId}`, status: 'pending' } };
    });
    const same = request(b);
    const tasks = await Promise.all(
      Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? b.latch : other).submit(same)),
    );
    expect(new Set(tasks.map(({ id }) => id)).size).toBe(1);
    expect(new Set(tasks.map(({ externalId }) => externalId)).size).toBe(1);
    expect(b.provider.sent.length).toBe(1);
  });

  it('promise 5, submit once: a key used for another input, model or provider is a key_conflict, and another owner has keys of his own', async (under) => {
    const b = bench(under);
    const first = request(b);
    const task = await b.latch.submit(first);
    expect(await refusalOf(b.latch.submit({ ...first, input: { prompt: 'a car' } }))).toBe('key_conflict');
    expect(await refusalOf(b.latch.submit({ ...first, model: 'm2' }))).toBe('key_conflict');
    expect((await b.latch.submit({ ...first, input: { prompt: 'a boat' } })).id).toBe(task.id);
    const bobs = await b.latch.submit({ ...first, owner: 'bob' });
    expect(bobs.id === task.id).toBe(false);
    expect(b.provider.sent.length).toBe(2);
  });

  it('promise 5, submit once: what was not sent may be sent again, under the same key and as the same task', async (under) => {
    const b = bench(under);
    const notSent = { kind: 'notSent', error: { code: 'ECONNREFUSED', message: null } } as const;
    b.provider.answerNext(notSent, notSent, notSent);
    const same = request(b);
    expect(await refusalOf(b.latch.submit(same))).toBe('submit_not_sent');
    expect(b.provider.sent.length).toBe(3);
    const task = await b.latch.submit(same);
    expect([task.status, task.sends, b.provider.sent.length]).toEqual(['pending', 2, 4]);
    expect(new Set(b.provider.sent.map(({ taskId }) => taskId))).toEqual(new Set([task.id]));
  });

  it('promise 5, submit once: a refused submit fails the task, says so again for the same key, and is not sent again', async (under) => {
    const b = bench(under);
    b.provider.answerNext({ kind: 'refused', error: { code: 'http_400', message: 'the prompt is bad' } });
    const same = request(b);
    expect(await refusalOf(b.latch.submit(same))).toBe('submit_refused');
    expect(await refusalOf(b.latch.submit(same))).toBe('submit_refused');
    expect(b.provider.sent.length).toBe(1);
    const [task] = (await b.latch.list({ provider: b.provider.name })).items;
    expect(task).toMatchObject({ status: 'failed', error: { code: 'http_400', message: 'the prompt is bad' } });
  });

  it('promise 5, submit once: an unclear submit is never sent again, and its own callback claims it', async (under) => {
    const b = bench(under);
    for (const answer of [
      { kind: 'unclear', error: { code: 'ECONNRESET', message: null } } as const,
      new Error('bug'),
      'hang' as const,
    ]) {
      b.provider.answerNext(answer);
      const same = request(b);
      const task = await b.latch.submit(same);
      expect([task.status, task.externalId]).toEqual(['unclear', null]);
      const before = b.provider.sent.length;
      expect((await b.latch.submit(same)).status).toBe('unclear');
      expect(b.provider.sent.length).toBe(before);
      expect((await sign(b, task, { externalId: `found-${task.id}`, status: 'running' })).status).toBe(200);
      expect(await b.latch.get({ id: task.id })).toMatchObject({ status: 'running', externalId: `found-${task.id}` });
    }
  });

  it('promise 5, submit once: a callback that comes before the submit answer settles the task, and the answer changes nothing', async (under) => {
    const b = bench(under);
    b.provider.answerNext(async ({ taskId }) => {
      await sign(b, { id: taskId }, { externalId: `ext-${taskId}`, status: 'succeeded', result: { files: [] } });
      return { kind: 'accepted', fact: { externalId: `ext-${taskId}`, status: 'pending' } };
    });
    const task = await b.latch.submit(request(b));
    expect(task).toMatchObject({ status: 'succeeded', externalId: `ext-${task.id}` });
    expect((await under.store.ledger({ taskId: task.id })).effects.length).toBe(1);
  });

  it('promise 5, submit once: a crash between the POST and the commit leaves a task that is found again, never sent twice', async (under) => {
    const b = bench(under);
    const same = request(b);
    // The process dies while the provider works: the POST is out, its answer never reaches the store.
    const dying = b.again({
      submit: { timeoutMs: 1 },
      store: { ...under.store, record: () => new Promise(() => undefined) },
      // Time enough for a real disk to take the intent in.
      storeTimeoutMs: 1_000,
    });
    await refusalOf(dying.submit(same));
    expect(b.provider.sent.length).toBe(1);
    const id = b.provider.sent[0]?.taskId ?? '';
    expect((await b.latch.get({ id }))?.status).toBe('submitting');
    expect((await sign(b, { id }, { externalId: `ext-${id}`, status: 'running' })).status).toBe(200);
    const found = await b.latch.submit(same);
    expect([found.id, found.status, found.externalId, b.provider.sent.length]).toEqual([id, 'running', `ext-${id}`, 1]);
  });

  it('promise 6, task id first: the id is committed before submit returns and before any check', async (under) => {
    const b = bench(under, { checks: { firstWithCallbackMs: 0, firstWithoutCallbackMs: 0 } });
    await b.latch.start();
    b.provider.answerNext(async ({ taskId }) => {
      await rest(150);
      return { kind: 'accepted', fact: { externalId: `ext-${taskId}`, status: 'pending' } };
    });
    const task = await b.latch.submit(request(b));
    expect((await under.store.get({ provider: b.provider.name, externalId: task.externalId ?? '' }))?.id).toBe(task.id);
    await eventually('a check asks for that id', async () => b.provider.asked.has(task.externalId ?? ''));
    expect([...b.provider.asked.keys()]).toEqual([task.externalId]);
    await b.latch.stop();
  });
}
