import type { TaskStore } from '@tasklatch/core';
import { aDelivery, aDraft, aFact, type FaultProxy, faultProxy } from '@tasklatch/testing';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { type Server, startRedis } from '../../../../tools/services.js';
import { CLIENTS, type ClientUnderTest, freshPrefix, withIoredis } from './clients-under-test.js';
import { redisStore } from './redis-store.js';
import { fromIoredis } from './send-command.js';

describe.skipIf(inject('redisUrl') === null)('while Redis is in trouble', () => {
  const toStop: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of toStop.splice(0)) await stop();
  });

  async function start(settings: Record<string, string> = {}): Promise<Server> {
    const server = await startRedis({ settings });
    toStop.push(() => server.stop());
    return server;
  }

  async function connect(url: string, how: (url: string) => Promise<ClientUnderTest> = withIoredis) {
    const client = await how(url);
    toStop.unshift(() => client.close());
    return client;
  }

  const storeOn = ({ sendCommand }: Pick<ClientUnderTest, 'sendCommand'>): TaskStore =>
    redisStore({ sendCommand, prefix: freshPrefix() });
  const opens = (store: TaskStore) => store.open(aDraft()).then(() => 'opened', String);

  it('out of memory: acts reject with nothing half done, reads and purge go on, and it recovers by itself', async () => {
    const server = await start({ 'maxmemory-policy': 'noeviction' });
    const client = await connect(server.url);
    const store = storeOn(client);
    const { id } = (await store.open(aDraft())).task;
    const done = (await store.open(aDraft())).task.id;
    await store.record([aFact({ taskId: done, status: 'canceled', delivery: aDelivery('a body') })]);
    const lease = (
      await store.claim('effect', { claimId: 'c', leaseMs: 60_000, from: [{ provider: 'acme', limit: 9 }] })
    )[0];
    if (lease === undefined) throw new Error('Nothing was due.');
    await store.finish(lease, { kind: 'done' });
    const before = await store.ledger({ taskId: id });

    await client.sendCommand(['CONFIG', 'SET', 'maxmemory', '1mb'], '');
    const said = store.record([aFact({ taskId: id, externalId: 'x', status: 'succeeded', announce: true })]);
    await expect(said).rejects.toThrow(/^OOM/);
    await expect(store.open(aDraft())).rejects.toThrow(/^OOM/);
    expect(await store.ledger({ taskId: id })).toEqual(before);
    expect(await store.get({ provider: 'acme', externalId: 'x' })).toBe(undefined);
    const keep = { settledForMs: 600_000, abandonedForMs: 600_000, quarantinedForMs: 0 };
    expect(await store.purge({ ...keep, contentForMs: -1000 })).toBe(1);
    expect((await store.ledger({ taskId: done })).entries.map(({ fact }) => fact.delivery?.body)).toEqual([null]);
    expect(await store.purge({ ...keep, contentForMs: -1000 })).toBe(0);
    expect(await store.purge({ ...keep, settledForMs: -1000, abandonedForMs: -1000 })).toBe(1);

    await client.sendCommand(['CONFIG', 'SET', 'maxmemory', '0'], '');
    const again = await store.record([aFact({ taskId: id, externalId: 'x', status: 'succeeded', announce: true })]);
    expect(again).toMatchObject([{ outcome: 'settled', duplicate: false }]);
  });

  it('a replica: acts reject, and go on when it is a primary again', async () => {
    const server = await start({ 'replica-serve-stale-data': 'yes' });
    const client = await connect(server.url);
    const store = storeOn(client);
    await store.open(aDraft());
    await client.sendCommand(['REPLICAOF', '127.0.0.1', '1'], '');
    await expect(store.open(aDraft())).rejects.toThrow(/^READONLY/);
    await client.sendCommand(['REPLICAOF', 'NO', 'ONE'], '');
    expect(await opens(store)).toBe('opened');
  });

  it('loading its data after a restart: acts reject until it is done', async () => {
    const slow = { 'key-load-delay': '20000', 'loading-process-events-interval-bytes': '1024' };
    const server = await start({ appendonly: 'yes', ...slow });
    // Without its check ioredis sends commands to a server that is still loading, as other clients do.
    const redis = new Redis(server.url, { enableReadyCheck: false, maxRetriesPerRequest: 0, retryStrategy: () => 20 });
    redis.on('error', () => {}); // Each command rejects with it.
    toStop.unshift(async () => redis.disconnect());
    const client = { sendCommand: fromIoredis(redis) };
    const store = storeOn(client);
    for (let count = 0; count < 100; count += 1) await store.open(aDraft());
    await client.sendCommand(['BGREWRITEAOF'], ''); // Then the data is loaded key by key, with the delay after each.
    await expect.poll(() => client.sendCommand(['INFO', 'persistence'], '')).toContain('aof_rewrite_in_progress:0');
    let loading = true;
    const restarted = server.restart().finally(() => {
      loading = false;
    });
    const said = new Set<string>();
    while (loading) {
      said.add((await opens(store)).replace(/LOADING.*/, 'LOADING'));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await restarted;
    expect([...said].join()).toContain('LOADING');
    await expect.poll(() => opens(store), { timeout: 10_000 }).toBe('opened');
  });

  for (const [name, how] of Object.entries(CLIENTS)) {
    describe(`with ${name}`, () => {
      async function behindProxy(): Promise<{ store: TaskStore; proxy: FaultProxy }> {
        const server = await start();
        const proxy = await faultProxy({ port: server.port });
        toStop.unshift(() => proxy.close());
        return { proxy, store: storeOn(await connect(`redis://127.0.0.1:${proxy.port}`, how)) };
      }

      it('unreachable: acts reject, and it recovers by itself', async () => {
        const { store, proxy } = await behindProxy();
        expect(await opens(store)).toBe('opened');
        await proxy.refuse();
        proxy.cut();
        await expect(store.open(aDraft())).rejects.toThrow();
        await expect(store.get({ id: 'any' })).rejects.toThrow();
        await proxy.heal();
        await expect.poll(() => opens(store), { timeout: 10_000 }).toBe('opened');
      });

      it('a lost answer: the act had happened, and doing it again changes nothing', async () => {
        const { store, proxy } = await behindProxy();
        const draft = aDraft();
        await store.open(draft);
        const fact = aFact({ taskId: draft.id, externalId: 'x', status: 'succeeded' });
        proxy.stall('toClient');
        const lost = store.record([fact]).then(
          () => 'answered',
          () => 'rejected',
        );
        await new Promise((resolve) => setTimeout(resolve, 100));
        proxy.cut();
        expect(await lost).toBe('rejected');
        await proxy.heal();
        await expect
          .poll(() => store.record([fact]).then(([said]) => said, String), { timeout: 10_000 })
          .toMatchObject({ outcome: 'settled', duplicate: true });
        expect((await store.get({ id: draft.id }))?.verdicts).toBe(1);
      });

      it('half-open and back: what waited is done, late', async () => {
        const { store, proxy } = await behindProxy();
        expect(await opens(store)).toBe('opened');
        proxy.stall();
        const opened = opens(store);
        await new Promise((resolve) => setTimeout(resolve, 50));
        await proxy.heal();
        expect(await opened).toBe('opened');
      });
    });
  }
});
