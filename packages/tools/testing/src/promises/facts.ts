import { makeFact, type Recorded, type Task } from '@tasklatch/core';
import { aRequest } from '../a-request.js';
import { type Bench, bench, eventually, freshKey, rest, SIGNED } from './bench.js';
import { listening } from './listening.js';
import type { PromiseSuite } from './suite.js';

const submit = (b: Bench, more: Partial<Parameters<Bench['latch']['submit']>[0]> = {}): Promise<Task> =>
  b.latch.submit({ provider: b.provider.name, input: { prompt: 'a boat' }, owner: 'ann', key: freshKey(), ...more });

const file = (name: string) => ({ files: [{ url: `https://files.example.com/${name}.png`, kind: 'image' as const }] });

/** Promises 1, 2, 3, 8 and 13: what becomes of facts. */
export function factsCases({ expect, it }: PromiseSuite): void {
  it('promise 1, latch: the first terminal fact wins; later ones are confirmed or contradicted and change nothing', async (under) => {
    const b = bench(under);
    const task = await submit(b);
    expect(await b.deliver(task, { status: 'succeeded', result: file('a') }, SIGNED)).toBe(200);
    const settled = await b.latch.get({ id: task.id });
    expect(await b.deliver(task, { status: 'failed', error: { code: 'oops', message: null } }, SIGNED)).toBe(200);
    expect(await b.deliver(task, { status: 'succeeded', result: file('b') }, SIGNED)).toBe(200);
    expect(await b.latch.get({ id: task.id })).toEqual(settled);
    const { entries, effects } = await b.latch.ledger({ taskId: task.id });
    expect(entries.map(({ outcome }) => outcome)).toEqual(['noted', 'settled', 'contradicted', 'confirmed']);
    expect(effects.map(({ kind, state }) => [kind, state])).toEqual([['settled', 'due']]);
  });

  it('promise 1, latch: a verdict of the provider replaces `expired`, once, and its effect runs with the verdict', async (under) => {
    const b = bench(under);
    const seen: string[] = [];
    b.latch.onSettled(
      (task, { effectKey }) => void seen.push(`${task.status} ${effectKey.split(':').slice(1).join(':')}`),
      { transaction: false },
    );
    const task = await submit(b, { deadlineMs: 150 });
    b.provider.nowSays(task.externalId ?? '', undefined);
    await b.latch.start();
    await eventually('the task expires and its effect runs', async () => seen.length === 1);
    expect(await b.deliver(task, { status: 'succeeded', result: file('late') }, SIGNED)).toBe(200);
    await eventually('the effect of the verdict runs', async () => seen.length === 2);
    await b.deliver(task, { status: 'failed' }, SIGNED);
    expect(seen).toEqual(['expired settled:1:handler-1', 'succeeded settled:2:handler-1']);
    expect((await b.latch.get({ id: task.id }))?.status).toBe('succeeded');
    await b.latch.stop();
  });

  it('promise 2, durable before 2xx: a store that does not commit gives 503 and the delivery that was answered 200 is in the ledger', async (under) => {
    const b = bench(under);
    const task = await submit(b);
    const failing = b.again({
      store: { ...under.store, record: () => Promise.reject(new Error('no disk')) },
      storeTimeoutMs: 200,
    });
    const hanging = b.again({
      store: { ...under.store, record: () => new Promise<readonly Recorded[]>(() => undefined) },
      storeTimeoutMs: 200,
    });
    const body = { status: 'succeeded', result: file('a') };
    for (const latch of [failing, hanging]) {
      const answer = await latch.callbacks(aRequest({ path: b.path(task), body, headers: SIGNED }));
      expect([answer.status, Number(answer.headers['retry-after']) > 0]).toEqual([503, true]);
    }
    expect((await b.latch.get({ id: task.id }))?.status).toBe('pending');
    expect(await b.deliver(task, body, SIGNED)).toBe(200);
    expect((await under.store.ledger({ taskId: task.id })).entries.at(-1)?.outcome).toBe('settled');
  });

  it('promise 2, durable before 2xx: a duplicate gets its 2xx only when the first copy is committed', async (under) => {
    const b = bench(under);
    const task = await submit(b);
    let commit: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      commit = resolve;
    });
    const slow = b.again({
      store: { ...under.store, record: async (facts) => held.then(() => under.store.record(facts)) },
    });
    const answered: number[] = [];
    const copies = Array.from({ length: 5 }, async () => {
      const answer = await slow.callbacks(
        aRequest({ path: b.path(task), body: { status: 'succeeded', result: file('a') }, headers: SIGNED }),
      );
      answered.push(answer.status);
    });
    await rest(60);
    expect(answered).toEqual([]);
    commit();
    await Promise.all(copies);
    expect(answered).toEqual([200, 200, 200, 200, 200]);
    const { effects, entries } = await under.store.ledger({ taskId: task.id });
    expect([entries.at(-1)?.copies, effects.length]).toEqual([5, 1]);
  });

  it('promise 3, order and repetition do not matter: every order of the same facts gives the same task, effects and ledger', async (under) => {
    const b = bench(under);
    const say = (taskId: string, said: Partial<Parameters<typeof makeFact>[0]>) =>
      makeFact({ provider: b.provider.name, taskId, source: 'delivery', ...said });
    const facts = (id: string) => [
      say(id, { status: 'pending' }),
      say(id, { status: 'running', progress: 30 }),
      say(id, { status: 'running', progress: 70 }),
      say(id, { status: 'succeeded', result: file('a') }),
      say(id, { status: 'succeeded', result: file('a'), source: 'check' }),
    ];
    // With a verdict among them, and without.
    for (const count of [5, 3]) {
      const seen: unknown[] = [];
      for (let round = 0; round < 16; round++) {
        const task = await submit(b);
        const chosen = facts(task.id).slice(0, count);
        const shuffled = [...chosen, ...chosen.slice(round % count)].sort(() => Math.random() - 0.5);
        for (const fact of shuffled) await under.store.record([fact]);
        const { effects, entries } = await under.store.ledger({ taskId: task.id });
        const end = await b.latch.get({ id: task.id });
        seen.push({
          task: [end?.status, end?.progress, end?.result, end?.error, end?.verdicts],
          effects: effects.filter(({ kind }) => kind === 'settled').map(({ kind, number }) => [kind, number]),
          ledger: entries
            .map(
              ({ fact, outcome }) =>
                `${fact.source} ${fact.status} ${fact.progress} ${outcome === 'settled' ? 'confirmed' : outcome}`,
            )
            .sort(),
          verdicts: entries.filter(({ outcome }) => outcome === 'settled').length,
        });
      }
      for (const one of seen) expect(one).toEqual(seen[0]);
      expect(JSON.stringify(seen[0]).includes(count === 5 ? '"succeeded",100' : '"running",70')).toBe(true);
    }
  });

  it('promise 8, unknown is pending: an unlisted status is kept as it came, counts as pending and is reported', async (under) => {
    const b = bench(under);
    const task = await submit(b);
    const reported = await listening('unknownStatus', async () => {
      expect(await b.deliver(task, { status: null, providerStatus: 'marinating', unknownStatus: true }, SIGNED)).toBe(
        200,
      );
    });
    expect((await b.latch.get({ id: task.id }))?.status).toBe('pending');
    expect((await b.latch.ledger({ taskId: task.id })).entries.at(-1)?.fact).toMatchObject({
      status: 'pending',
      providerStatus: 'marinating',
    });
    expect(reported.filter(({ provider }) => provider === b.provider.name)).toEqual([
      { provider: b.provider.name, taskId: task.id },
    ]);
  });

  it('promise 13, bounded: a body over the limit is 413, more than the store can take is 503, and nothing is buffered in hope', async (under) => {
    const b = bench(under, {
      callbacks: {
        baseUrl: 'https://app.example.com/callbacks',
        secret: 'a secret for tests, at least 32 characters long',
        limitBytes: 200,
      },
    });
    const task = await submit(b);
    expect(await b.deliver(task, { status: 'running', providerStatus: 'x'.repeat(300) }, SIGNED)).toBe(413);
    const stuck = b.again({
      maxWaiting: 10,
      storeTimeoutMs: 300,
      store: { ...under.store, record: () => new Promise<readonly Recorded[]>(() => undefined) },
    });
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, progress) =>
        stuck.callbacks(
          aRequest({ path: b.path(task), body: { status: 'running', progress: progress % 100 }, headers: SIGNED }),
        ),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    // Ten wait and as many fly; the rest is told so at once.
    expect(answers.filter(({ body }) => body === '{"ok":false,"reason":"overloaded"}').length >= 100).toBe(true);
  });

  it('promise 13, bounded: the ledger of a task stops growing, its verdict is written all the same', async (under) => {
    const b = bench(under);
    const task = await submit(b);
    const many = Array.from({ length: 400 }, (_, index) =>
      makeFact({
        provider: b.provider.name,
        taskId: task.id,
        source: 'delivery',
        status: 'running',
        providerStatus: `step ${index}`,
      }),
    );
    for (let from = 0; from < many.length; from += 50) await under.store.record(many.slice(from, from + 50));
    await b.deliver(task, { status: 'succeeded', result: file('a') }, SIGNED);
    const { dropped, entries } = await under.store.ledger({ taskId: task.id });
    expect([entries.length <= 257, dropped >= 144, entries.at(-1)?.outcome]).toEqual([true, true, 'settled']);
  });
}
