import { causeOf, type EffectKind, type TaskStore } from '@tasklatch/core';
import { aDelivery, aDraft, aFact } from '@tasklatch/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type ClientUnderTest, clear, freshPrefix, keysOf, withIoredis } from './clients-under-test.js';
import { redisStore } from './redis-store.js';
import { asTexts } from './reply.js';

const url = inject('redisUrl') ?? '';
const LONG = 600_000;
const SHARDS = 3;
const NOTHING = { settledForMs: LONG, abandonedForMs: LONG, quarantinedForMs: LONG };

describe.skipIf(url === '')('contents and kinds over several shards', () => {
  let client: ClientUnderTest;
  const prefixes: string[] = [];
  beforeAll(async () => {
    client = await withIoredis(url);
  });
  afterAll(async () => {
    for (const prefix of prefixes) await clear(client.sendCommand, prefix);
    await client.close();
  });

  function fresh(): { readonly store: TaskStore; readonly prefix: string } {
    const prefix = freshPrefix();
    prefixes.push(prefix);
    return { prefix, store: redisStore({ sendCommand: client.sendCommand, prefix, shards: SHARDS }) };
  }

  /** Settled one after the other, each in a millisecond of its own. */
  async function settle(store: TaskStore, ids: readonly string[], bodies = 1): Promise<void> {
    for (const id of ids) {
      await store.open(aDraft({ id }));
      const facts = Array.from({ length: bodies }, (_, index) =>
        aFact({ taskId: id, status: 'succeeded', nonce: `${index}`, delivery: aDelivery(`body ${index}`) }),
      );
      await store.record(facts);
      await pass();
    }
  }

  const pass = () => new Promise((resolve) => setTimeout(resolve, 3));
  const namesOf = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name}-${index}`);

  async function withContents(store: TaskStore, ids: readonly string[]): Promise<readonly string[]> {
    const found: string[] = [];
    for (const id of ids) {
      const { entries } = await store.ledger({ taskId: id });
      if (entries.some(({ fact }) => fact.delivery?.body)) found.push(id);
    }
    return found;
  }

  async function fieldsOf(prefix: string): Promise<readonly string[]> {
    const keys = (await keysOf(client.sendCommand, prefix)).filter((key) => key.includes(':task:'));
    return (await Promise.all(keys.map(async (key) => asTexts(await client.sendCommand(['HKEYS', key], key))))).flat();
  }

  it('go oldest first, after the tasks that go as a whole, whichever shards they are in', async () => {
    const { store } = fresh();
    const ids = namesOf('task', 9);
    await settle(store, ids);
    const from = [{ provider: 'acme', limit: 3 }];
    const leases = await store.claim('effect', { claimId: 'c', leaseMs: LONG, from });
    expect(leases.map(({ taskId }) => taskId).sort()).toEqual(ids.slice(0, 3));
    for (const lease of leases) await store.finish(lease, { kind: 'done' });

    expect(await store.purge({ ...NOTHING, settledForMs: 0, contentForMs: 0, limit: 5 })).toBe(5);
    expect(await store.get({ id: ids[2] ?? '' })).toBe(undefined);
    expect(await withContents(store, ids)).toEqual(ids.slice(5));
    expect(await store.purge({ ...NOTHING, contentForMs: 0, limit: 3 })).toBe(3);
    expect(await withContents(store, ids)).toEqual(ids.slice(8));
    expect(await store.purge({ ...NOTHING, settledForMs: 0, contentForMs: 0 })).toBe(1);
  });

  it('leave nothing of themselves, also of tasks with so many that one script does not go over all', async () => {
    const { store, prefix } = fresh();
    const ids = namesOf('long', 15);
    await settle(store, ids, 250);
    expect((await fieldsOf(prefix)).filter((field) => field.startsWith('c:')).length).toBe(15 * 250);
    expect(await store.purge({ ...NOTHING, contentForMs: 0, limit: 100 })).toBe(15);
    expect((await fieldsOf(prefix)).filter((field) => field.startsWith('c:'))).toEqual([]);
    expect((await keysOf(client.sendCommand, prefix)).filter((key) => key.endsWith(':settled:content'))).toEqual([]);
  });

  it('are counted once, however many purge, and while late facts bring more', async () => {
    const { store, prefix } = fresh();
    const ids = namesOf('busy', 40);
    await settle(store, ids);
    const purge = () => store.purge({ ...NOTHING, contentForMs: 0, limit: 7 });
    const gone = await Promise.all(Array.from({ length: 20 }, purge));
    for (let more = await purge(); more > 0; more = await purge()) gone.push(more);
    expect(gone.reduce((sum, one) => sum + one, 0)).toBe(40);

    const late = (id: string) => store.record([aFact({ taskId: id, nonce: 'late', delivery: aDelivery('late') })]);
    const [first] = await Promise.all([purge(), ...ids.map(late)]);
    let rest = 0;
    for (let more = await purge(); more > 0; more = await purge()) rest += more;
    expect((first ?? 0) + rest).toBe(40);
    expect((await fieldsOf(prefix)).filter((field) => field.startsWith('c:'))).toEqual([]);
  });

  it('every part `progress` was ever split into ends with the task, whoever its handlers were then', async () => {
    const { store } = fresh();
    await store.open(aDraft({ id: 'grows' }));
    const parts = ['progress:old', 'progress:1', 'progress:new'] as const;
    for (const [step, kind] of parts.entries()) {
      await store.record([aFact({ taskId: 'grows', progress: step + 1 })]);
      const from = [{ provider: 'acme', limit: 5 }];
      for (const lease of await store.claim('effect', { claimId: kind, leaseMs: LONG, from }))
        expect(await store.finish(lease, { kind: 'split', into: [kind] })).toBe(true);
    }
    const states = async () =>
      (await store.ledger({ taskId: 'grows' })).effects.map(({ kind, state }) => `${kind} ${state}`);
    expect(await states()).toEqual(['progress done', 'progress:1 due', 'progress:new due', 'progress:old due']);
    await store.record([aFact({ taskId: 'grows', status: 'failed' })]);
    expect(
      await store.claim('effect', {
        claimId: 'none',
        leaseMs: LONG,
        from: [{ provider: 'acme', limit: 5, kinds: parts }],
      }),
    ).toEqual([]);
    const ended = ['progress done', 'progress:1 done', 'progress:new done', 'progress:old done'];
    expect(await states()).toEqual([...ended, 'settled due']);
  });

  it('an effect that became due again while it ran is so after a split, too', async () => {
    const { store } = fresh();
    await store.open(aDraft({ id: 'again' }));
    const from = [{ provider: 'acme', limit: 5 }];
    await store.record([aFact({ taskId: 'again', progress: 1 })]);
    const [lease] = await store.claim('effect', { claimId: 'one', leaseMs: LONG, from });
    await store.record([aFact({ taskId: 'again', progress: 2 })]);
    expect(lease && (await store.finish(lease, { kind: 'split', into: ['progress:x'] }))).toBe(true);
    const { effects } = await store.ledger({ taskId: 'again' });
    expect(effects.map(({ kind, state, starts, runs }) => [kind, state, starts, runs])).toEqual([
      ['progress', 'due', 0, 1],
      ['progress:x', 'due', 0, 0],
    ]);
    expect((await store.list({ effect: 'due' })).items.length).toBe(1);
    expect((await store.list({ effect: 'done' })).items.length).toBe(0);
  });

  it('kinds and task ids that look alike are never taken for each other', async () => {
    const { store } = fresh();
    const ids = ['1', '7:1', '1:7:1', ' 1 7', 'a b', 'settled:1:x', '\n1'];
    for (const id of ids) {
      await store.open(aDraft({ id }));
      await store.record([aFact({ taskId: id, status: 'succeeded', announce: true })]);
    }
    const into: readonly EffectKind[] = ['settled:7', 'settled:1', 'settled:-', 'settled:a.b-c_', 'settled:7-7'];
    const claim = (kinds: readonly EffectKind[], claimId: string) =>
      store.claim('effect', { claimId, leaseMs: LONG, from: [{ provider: 'acme', limit: 100, kinds }] });
    for (const lease of await claim(['settled'], 'whole')) await store.finish(lease, { kind: 'split', into });
    const names = (leases: Awaited<ReturnType<typeof claim>>) =>
      leases.map(({ taskId, kind, number, fence }) => JSON.stringify([taskId, kind, number, fence])).sort();
    const first = names(await claim(into, 'parts'));
    expect(first).toEqual(ids.flatMap((id) => into.map((kind) => JSON.stringify([id, kind, 1, 1]))).sort());
    expect(names(await claim(into, 'parts'))).toEqual(first);
    for (const lease of await claim(into, 'parts')) expect(await store.finish(lease, { kind: 'done' })).toBe(true);
    for (const id of ids) {
      const { effects } = await store.ledger({ taskId: id });
      expect(effects.map(({ kind, state }) => [kind, state])).toEqual([
        ['fact', 'due'],
        ...['settled', ...[...into].sort()].map((kind) => [kind, 'done']),
      ]);
      expect(new Set(effects.map(({ kind }) => causeOf(kind)))).toEqual(new Set(['fact', 'settled']));
    }
  });
});
