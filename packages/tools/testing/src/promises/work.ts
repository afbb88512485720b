import type { EffectKind, Task } from '@tasklatch/core';
import { type Bench, bench, eventually, freshKey, rest, SIGNED } from './bench.js';
import type { PromiseSuite } from './suite.js';

const DONE = { status: 'succeeded', result: { files: [] } };

/** Promises 4 and 7: effects run until they succeed or are parked; a lost callback costs time only. */
export function workCases({ expect, it }: PromiseSuite): void {
  const submit = (b: Bench, more: object = {}): Promise<Task> =>
    b.latch.submit({ provider: b.provider.name, input: { n: 1 }, owner: 'ann', key: freshKey(), ...more });
  const effectOf = async (b: Bench, task: Task) =>
    (await b.latch.ledger({ taskId: task.id })).effects.find(({ kind }) => kind === 'settled');

  it('promise 4, effects: a failing effect is tried again under the same effectKey until it succeeds', async (under) => {
    const b = bench(under);
    const seen: string[] = [];
    b.latch.onSettled((_task, { attempt, effectKey }) => {
      seen.push(`${attempt} ${effectKey}`);
      if (attempt < 3) throw new Error('not yet');
    });
    const task = await submit(b);
    await b.deliver(task, DONE, SIGNED);
    await b.latch.start();
    await eventually('the effect is done', async () => (await effectOf(b, task))?.state === 'done');
    const key = `${task.id}:settled:1:handler-1`;
    expect(seen).toEqual([`1 ${key}`, `2 ${key}`, `3 ${key}`]);
    await b.latch.stop();
  });

  it('promise 4, effects: one that never succeeds is parked as dead, and a replay runs it as a new attempt', async (under) => {
    const b = bench(under, { effects: { leaseMs: 400, backoffMs: 5, backoffCapMs: 10, maxAttempts: 3 } });
    let broken = true;
    let runs = 0;
    b.latch.onSettled(() => {
      runs += 1;
      if (broken) throw Object.assign(new Error('secret words'), { code: 'E_BROKEN' });
    });
    const task = await submit(b);
    await b.deliver(task, DONE, SIGNED);
    await b.latch.start();
    const dead = await eventually('the effect is dead', async () => {
      const effect = await effectOf(b, task);
      return effect?.state === 'dead' && effect;
    });
    expect([dead.runs, dead.ends, dead.lastError, runs]).toEqual([3, 3, 'E_BROKEN', 3]);
    expect((await b.latch.list({ provider: b.provider.name, effect: 'dead' })).items.map(({ id }) => id)).toEqual([
      task.id,
    ]);
    broken = false;
    expect(await b.latch.replay(task.id)).toEqual(['settled']);
    await eventually('the replay is done', async () => (await effectOf(b, task))?.state === 'done');
    expect(runs).toBe(4);
    await b.latch.stop();
  });

  it('promise 4, effects: a worker that lost the lease is told, and cannot mark the effect', async (under) => {
    const b = bench(under);
    const stuck: AbortSignal[] = [];
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    // This process is alive but its heartbeat does not get through; it has its hands full with the one effect.
    const cut = b.again({
      store: withoutTransactions({ ...under.store, extend: () => Promise.reject(new Error('no network')) }),
      effects: { leaseMs: 400, concurrency: 1 },
    });
    cut.onSettled(async (_task, { signal }) => {
      stuck.push(signal);
      await held;
    });
    const healthy = b.again({ store: withoutTransactions(under.store) });
    const ran: string[] = [];
    healthy.onSettled((_task, { effectKey }) => void ran.push(effectKey));
    const task = await submit(b);
    await b.deliver(task, DONE, SIGNED);
    await cut.start();
    await eventually('the first worker has it', async () => stuck.length === 1);
    await healthy.start();
    await eventually('the second took over', async () => (await effectOf(b, task))?.state === 'done');
    release();
    await rest(100);
    const effect = await effectOf(b, task);
    expect([effect?.state, effect?.ends, ran.length]).toEqual(['done', 1, 1]);
    expect(stuck[0]?.aborted).toBe(true);
    await Promise.all([cut.stop(), healthy.stop()]);
  });

  it('promise 4, effects: two workers never both hold an effect while the heartbeat lives, however long it takes', async (under) => {
    // Long enough for a busy machine to get its heartbeats through, and the effect is longer.
    const b = bench(under, { effects: { leaseMs: 1_500 } });
    let inside = 0;
    let most = 0;
    const slow = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await rest(4_000);
      inside -= 1;
    };
    const workers = [b.again(), b.again(), b.again()];
    for (const worker of workers) worker.onSettled(slow, { transaction: false });
    const task = await submit(b);
    await b.deliver(task, DONE, SIGNED);
    for (const worker of workers) await worker.start();
    await eventually('it is done', async () => (await effectOf(b, task))?.state === 'done');
    expect([most, (await effectOf(b, task))?.starts]).toEqual([1, 1]);
    await Promise.all(workers.map((worker) => worker.stop()));
  });

  it('promise 4, effects: one that always takes its process with it is found and parked', async (under) => {
    const b = bench(under, { effects: { leaseMs: 60, maxCrashes: 3 } });
    const task = await submit(b);
    await b.deliver(task, DONE, SIGNED);
    // Three processes claim it and are gone.
    for (let crash = 0; crash < 3; crash++) {
      const claimed = await eventually('it can be claimed', async () => {
        const [lease] = await under.store.claim('effect', {
          claimId: freshKey(),
          leaseMs: 60,
          from: [{ provider: b.provider.name, limit: 1 }],
        });
        return lease;
      });
      expect([claimed.starts, claimed.ends]).toEqual([crash + 1, 0]);
    }
    let ran = 0;
    b.latch.onSettled(() => {
      ran += 1;
    });
    await b.latch.start();
    const parked = await eventually('it is parked', async () => {
      const effect = await effectOf(b, task);
      return effect?.state === 'dead' && effect;
    });
    expect([parked.lastError, ran]).toEqual(['crashed', 0]);
    await b.latch.stop();
  });

  it('promise 4, effects: each of several handlers has an effect of its own, whatever becomes of the others', async (under) => {
    const b = bench(under, { effects: { maxCrashes: 1 } });
    const seen: string[] = [];
    const handler = (name: string, fails: (attempt: number) => unknown) =>
      b.latch.onSettled(
        (_task, { attempt, effectKey }) => {
          seen.push(effectKey);
          const failure = fails(attempt);
          if (failure !== undefined) throw failure;
        },
        { name },
      );
    handler('never', () => Object.assign(new Error('never'), { retry: false }));
    handler('kills', () => undefined);
    handler('ship', (attempt) => (attempt === 1 ? new Error('not yet') : undefined));
    handler('mail', () => undefined);
    const task = await submit(b);
    await b.deliver(task, DONE, SIGNED);
    const from = (kind: EffectKind) => [{ provider: b.provider.name, limit: 1, kinds: [kind] }];
    const claim = (kind: EffectKind) =>
      eventually('it can be claimed', async () => {
        const [lease] = await under.store.claim('effect', { claimId: freshKey(), leaseMs: 60, from: from(kind) });
        return lease;
      });
    // A process splits it, begins the one that kills, and is gone.
    const kinds = ['never', 'kills', 'ship', 'mail'].map((name) => `settled:${name}` as const);
    await under.store.finish(await claim('settled'), { kind: 'split', into: kinds });
    await claim('settled:kills');
    await b.latch.start();
    const ended = await eventually('all have ended', async () => {
      const { effects } = await b.latch.ledger({ taskId: task.id });
      return effects.every(({ state }) => state === 'done' || state === 'dead') && effects;
    });
    expect(ended.map(({ kind, state, runs, lastError }) => [kind, state, runs, lastError])).toEqual([
      ['settled', 'done', 1, null],
      ['settled:kills', 'dead', 2, 'crashed'],
      ['settled:mail', 'done', 1, null],
      ['settled:never', 'dead', 1, 'Error'],
      ['settled:ship', 'done', 2, 'Error'],
    ]);
    const ran = [...seen].sort();
    expect(ran).toEqual(['mail', 'never', 'ship', 'ship'].map((name) => `${task.id}:settled:1:${name}`));
    await b.latch.stop();
  });

  it('promise 7, a lost callback costs time, not the task: checks find the verdict', async (under) => {
    const b = bench(under, { checks: { firstWithCallbackMs: 20, factor: 1.2, capMs: 50 } });
    const task = await submit(b);
    await b.latch.start();
    await eventually('it was asked twice', async () => (b.provider.asked.get(task.externalId ?? '') ?? 0) >= 2);
    b.provider.nowSays(task.externalId ?? '', {
      status: 'succeeded',
      externalId: task.externalId,
      result: { files: [] },
    });
    await eventually('the task is settled', async () => (await b.latch.get({ id: task.id }))?.status === 'succeeded');
    await rest(200);
    const asked = b.provider.asked.get(task.externalId ?? '');
    await rest(300);
    expect(b.provider.asked.get(task.externalId ?? '')).toBe(asked);
    expect((await b.latch.get({ id: task.id }))?.nextCheckAt).toBe(null);
    await b.latch.stop();
  });

  it('promise 7, a lost callback: a failed check changes nothing but the next check, and the deadline ends the wait', async (under) => {
    const b = bench(under, { checks: { firstWithCallbackMs: 10, factor: 1, capMs: 30 } });
    const task = await submit(b, { deadlineMs: 600 });
    b.provider.nowSays(task.externalId ?? '', undefined);
    await b.latch.start();
    await eventually('checks fail', async () => (b.provider.asked.get(task.externalId ?? '') ?? 0) >= 3);
    const waiting = await b.latch.get({ id: task.id });
    if (waiting?.status !== 'expired') {
      expect([waiting?.status, waiting?.version, waiting?.nextCheckAt === null]).toEqual([
        'pending',
        task.version,
        false,
      ]);
    }
    await eventually('the deadline ends it', async () => (await b.latch.get({ id: task.id }))?.status === 'expired');
    await b.latch.stop();
  });

  it('promise 7, a lost callback: every non-terminal task has a next check and a deadline', async (under) => {
    const b = bench(under);
    b.provider.answerNext({ kind: 'unclear', error: { code: 'x', message: null } });
    const unclear = await submit(b);
    const pending = await submit(b);
    await b.deliver(pending, { status: 'running', progress: 10 }, SIGNED);
    const notSent = { kind: 'notSent', error: { code: 'x', message: null } } as const;
    b.provider.answerNext(notSent, notSent, notSent);
    await submit(b).catch(() => undefined);
    const { items } = await b.latch.list({ provider: b.provider.name });
    expect(items.map(({ status }) => status).sort()).toEqual(['running', 'submitting', 'unclear']);
    expect(items.every(({ deadlineAt, nextCheckAt }) => nextCheckAt !== null && nextCheckAt <= deadlineAt)).toBe(true);
    expect(unclear.status).toBe('unclear');
  });
}

const withoutTransactions = <T extends object>(store: T): Omit<T, 'transact'> & { transact?: never } => {
  const { transact: _transact, ...rest } = store as T & { transact?: unknown };
  return rest as Omit<T, 'transact'>;
};
