import type { Task } from '@tasklatch/core';
import { aRequest } from '../a-request.js';
import { type Bench, bench, eventually, freshKey, OTHER_SECRET, rest, SECRET, SIGNED } from './bench.js';
import type { PromiseSuite } from './suite.js';

const DONE = { status: 'succeeded', result: { files: [] } };

/** Promises 9, 10 and 11: who may speak, how far he is believed, and what is kept when it can't be understood. */
export function trustCases({ expect, it }: PromiseSuite): void {
  const submit = (b: Bench, more: object = {}): Promise<Task> =>
    b.latch.submit({ provider: b.provider.name, input: { n: 1 }, owner: 'ann', key: freshKey(), ...more });
  const quarantined = async (b: Bench) => (await b.latch.ledger({ quarantine: { provider: b.provider.name } })).entries;

  it("promise 9, nobody else's: a delivery that does not prove where it comes from changes nothing and stores nothing", async (under) => {
    const b = bench(under);
    const task = await submit(b);
    const other = await submit(b);
    const before = [await b.latch.get({ id: task.id }), await b.latch.ledger({ taskId: task.id })];
    const path = b.path(task);
    const token = path.split('/')[2] ?? '';
    const otherToken = b.path(other).split('/')[2] ?? '';
    const swapped = `${token.split('.')[0]}.${otherToken.split('.')[1]}`;
    const forged = [
      `/${b.provider.name}/${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`,
      `/${b.provider.name}/${token.slice(0, -3)}`,
      `/${b.provider.name}/${swapped}`,
      `/${b.provider.name}/${task.id}`,
      `/${b.provider.name}/.`,
      `/${b.provider.name}/%00`,
      `/${b.provider.name}/`,
      `/${b.provider.name}`,
    ];
    for (const forgery of forged) {
      const answer = await b.latch.callbacks(
        aRequest({ path: forgery, body: { ...DONE, externalId: task.externalId } }),
      );
      expect([forgery === path, answer.status]).toEqual([false, 401]);
    }
    expect(await b.deliver(task, DONE, { 'x-signature': 'bad' })).toBe(401);
    expect((await b.latch.callbacks(aRequest({ path: `/nobody/${token}`, body: DONE }))).status).toBe(404);
    expect([await b.latch.get({ id: task.id }), await b.latch.ledger({ taskId: task.id })]).toEqual(before);
    expect(await quarantined(b)).toEqual([]);
  });

  it("promise 9, nobody else's: a delivery for one task cannot touch another, whatever id its body names", async (under) => {
    const b = bench(under);
    const [mine, yours] = [await submit(b), await submit(b, { owner: 'bob' })];
    expect(await b.deliver(mine, { ...DONE, externalId: yours.externalId }, SIGNED)).toBe(200);
    expect((await b.latch.get({ id: yours.id }))?.status).toBe('pending');
    expect((await b.latch.get({ id: mine.id }))?.status).toBe('pending');
    expect((await b.latch.ledger({ taskId: mine.id })).entries.at(-1)?.outcome).toBe('foreign');
  });

  it("promise 9, nobody else's: another owner's task reads as if it did not exist", async (under) => {
    const b = bench(under);
    const task = await submit(b);
    const routes = b.latch.tasks<{ user: string }>({ owner: ({ user }) => user });
    const ask = async (user: string, path: string) => {
      const { body, status } = await routes(aRequest({ method: 'GET', path, raw: { user } }));
      return [status, body];
    };
    expect((await ask('ann', `/${task.id}`))[0]).toBe(200);
    expect(await ask('bob', `/${task.id}`)).toEqual(await ask('bob', '/tsk_aaaaaaaaaaaaaaaaaaaaaaaaaa'));
    expect(await ask('bob', `/${task.id}/events`)).toEqual(await ask('bob', '/tsk_aaaaaaaaaaaaaaaaaaaaaaaaaa/events'));
    expect((await ask('', `/${task.id}`))[0]).toBe(401);
    expect(await b.latch.get({ id: task.id }, 'bob')).toBe(undefined);
    expect(String((await ask('bob', '/'))[1]).includes(task.id)).toBe(false);
  });

  it("promise 9, nobody else's: a secret can be rotated, and an old one that was taken out is worth nothing", async (under) => {
    const b = bench(under);
    const task = await submit(b);
    const callbacks = (secret: readonly string[]) =>
      b.again({ callbacks: { baseUrl: 'https://app.example.com/callbacks', secret } }).callbacks;
    const request = () => aRequest({ path: b.path(task), body: { status: 'running' }, headers: SIGNED });
    expect((await callbacks([OTHER_SECRET, SECRET])(request())).status).toBe(200);
    expect((await callbacks([OTHER_SECRET])(request())).status).toBe(401);
  });

  it('promise 10, an unsigned callback is a hint: the effect waits for a check that says the same', async (under) => {
    const b = bench(under);
    const ran: string[] = [];
    b.latch.onSettled((task) => void ran.push(task.status));
    const task = await submit(b);
    await b.latch.start();
    expect(await b.deliver(task, DONE)).toBe(200);
    await eventually('a check asks at once', async () => b.provider.asked.has(task.externalId ?? ''));
    await rest(100);
    expect([(await b.latch.get({ id: task.id }))?.status, ran]).toEqual(['running', []]);
    expect((await b.latch.ledger({ taskId: task.id })).entries.map(({ outcome }) => outcome).includes('hint')).toBe(
      true,
    );
    b.provider.nowSays(task.externalId ?? '', { ...DONE, status: 'succeeded', externalId: task.externalId });
    await eventually('the check settles it', async () => ran.length === 1);
    expect(ran).toEqual(['succeeded']);
    await b.latch.stop();
  });

  it('promise 10, an unsigned callback: a lie is found out by the check, and nothing runs because of it', async (under) => {
    const b = bench(under);
    const ran: string[] = [];
    b.latch.onSettled((task) => void ran.push(task.status));
    const task = await submit(b);
    b.provider.nowSays(task.externalId ?? '', {
      status: 'failed',
      externalId: task.externalId,
      error: { code: 'policy', message: null },
    });
    await b.latch.start();
    await b.deliver(task, DONE);
    await eventually('the check settles it', async () => ran.length === 1);
    expect(ran).toEqual(['failed']);
    await b.latch.stop();
  });

  it('promise 10, an unsigned callback: with `confirm: "never"` the token alone is trusted', async (under) => {
    const b = bench(under, {}, { confirm: 'never' });
    const task = await submit(b);
    await b.deliver(task, DONE);
    expect((await b.latch.get({ id: task.id }))?.status).toBe('succeeded');
    expect(b.provider.asked.size).toBe(0);
  });

  it('promise 11, nothing authentic is dropped: a delivery that cannot be parsed is kept, can be seen, and is read again after a fix', async (under) => {
    const b = bench(under);
    const task = await submit(b);
    expect(await b.deliver(task, '{"half":', SIGNED)).toBe(200);
    expect(await b.deliver(task, '{"half":', SIGNED)).toBe(200);
    const [entry] = await quarantined(b);
    expect([entry?.copies, entry?.fact.unparseable, entry?.fact.taskId]).toEqual([2, true, task.id]);
    expect(await b.latch.release(entry?.id ?? '')).toBe(false);
    const fixed = b.provider.repaired(() => [{ status: 'failed' }]);
    const repaired = b.again({ providers: [fixed] });
    expect(await repaired.release(entry?.id ?? '')).toBe(true);
    expect((await b.latch.get({ id: task.id }))?.status).toBe('failed');
    expect(await quarantined(b)).toEqual([]);
  });

  it('promise 11, nothing authentic is dropped: a delivery for a task nobody knows is adopted when the task appears', async (under) => {
    const b = bench(under, {}, { perTask: false });
    const externalId = `ext-${freshKey()}`;
    const early = await b.latch.callbacks(
      aRequest({ path: `/${b.provider.name}`, body: { ...DONE, externalId }, headers: SIGNED }),
    );
    expect(early.status).toBe(200);
    expect((await quarantined(b)).length).toBe(1);
    b.provider.answerNext({ kind: 'accepted', fact: { externalId, status: 'pending' } });
    const task = await submit(b);
    expect(task).toMatchObject({ status: 'succeeded', externalId });
    expect(await quarantined(b)).toEqual([]);
  });

  it('promise 11, nothing authentic is dropped: with `unknownTasks: "open"` the delivery opens its task and the effect runs once', async (under) => {
    const b = bench(under, { unknownTasks: 'open' }, { perTask: false });
    const facts: string[] = [];
    const settled: string[] = [];
    b.latch.onFact((_task, { entry }) => void facts.push(entry.fact.status ?? ''));
    b.latch.onSettled((task) => void settled.push(task.externalId ?? ''));
    const externalId = `ext-${freshKey()}`;
    const send = (body: object) =>
      b.latch.callbacks(aRequest({ path: `/${b.provider.name}`, body: { externalId, ...body }, headers: SIGNED }));
    await Promise.all(Array.from({ length: 20 }, () => send({ status: 'running' })));
    await Promise.all(Array.from({ length: 20 }, () => send(DONE)));
    await b.latch.start();
    await eventually('effects run', async () => settled.length === 1 && facts.length === 2);
    await rest(150);
    expect([facts.sort(), settled]).toEqual([['running', 'succeeded'], [externalId]]);
    await b.latch.stop();
  });
}
