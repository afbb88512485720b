import { randomUUID } from 'node:crypto';
import { aDraft, aFact } from '@tasklatch/testing';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { type Server, startRedis } from '../../../../tools/services.js';
import { CLIENTS, type ClientUnderTest, freshPrefix, withIoredis } from './clients-under-test.js';
import { startCluster, withIoredisCluster, withNodeRedisCluster } from './cluster-under-test.js';
import { redisStore } from './redis-store.js';
import { serverInfo, versionOf } from './server-info.js';

const ALWAYS = { appendonly: 'yes', appendfsync: 'always' };
const EVERYSEC = { appendonly: 'yes', appendfsync: 'everysec' };

describe.skipIf(inject('redisUrl') === null)('durability', () => {
  const toStop: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of toStop.splice(0)) await stop();
  });

  async function start(settings: Record<string, string>): Promise<Server> {
    const server = await startRedis({ settings });
    toStop.push(() => server.stop());
    return server;
  }

  async function connect(server: Server, how: (url: string) => Promise<ClientUnderTest> = withIoredis) {
    const client = await how(server.url);
    toStop.unshift(() => client.close());
    return client;
  }

  for (const [name, how] of Object.entries(CLIENTS)) {
    it(`'fsync' keeps every acknowledged delivery through kill -9 of the server (${name})`, async () => {
      const server = await start(ALWAYS);
      const prefix = freshPrefix();
      const { sendCommand } = await connect(server, how);
      const store = redisStore({ sendCommand, prefix, shards: 2, durability: 'fsync' });
      const acknowledged: string[] = [];
      for (let kills = 0; kills < 3; kills += 1) {
        let alive = true;
        const writer = async () => {
          while (alive) {
            const { id } = aDraft();
            try {
              await store.open(aDraft({ id }));
              const [said] = await store.record([aFact({ taskId: id, externalId: randomUUID(), status: 'succeeded' })]);
              if (said?.outcome === 'settled') acknowledged.push(id);
            } catch {
              alive = false; // Not acknowledged: it may be there or not.
            }
          }
        };
        const writers = Array.from({ length: 10 }, writer);
        const enough = acknowledged.length + 20;
        while (alive && acknowledged.length < enough) await new Promise((resolve) => setTimeout(resolve, 5));
        await server.kill('SIGKILL');
        await Promise.all(writers);
        await server.restart();
        await expect.poll(() => sendCommand(['PING'], '').catch(() => 'not yet'), { timeout: 10_000 }).toBe('PONG');
      }
      expect(acknowledged.length).toBeGreaterThanOrEqual(60);
      const left = await Promise.all(acknowledged.map(async (id) => (await store.get({ id }))?.status));
      expect(left.filter((status) => status !== 'succeeded')).toEqual([]);
      const ledgers = await Promise.all(acknowledged.map((taskId) => store.ledger({ taskId })));
      expect(ledgers.every(({ effects }) => effects[0]?.state === 'due')).toBe(true);
    });
  }

  it("'fsync' refuses a server that can't keep it, with what to do", async () => {
    const { sendCommand } = await connect(await start({ appendonly: 'no' }));
    const store = redisStore({ sendCommand, prefix: freshPrefix(), durability: 'fsync' });
    await expect(store.open(aDraft())).rejects.toThrow(/appendonly/);
  });

  it("'fsync' with appendfsync everysec waits for the disk where the server can, and refuses where it can't", async () => {
    const { sendCommand } = await connect(await start(EVERYSEC));
    const store = redisStore({ sendCommand, prefix: freshPrefix(), durability: 'fsync' });
    const opened = store.open(aDraft());
    if (versionOf(await serverInfo(sendCommand, '')) >= 702) {
      expect((await opened).created).toBe(true);
    } else {
      await expect(opened).rejects.toMatchObject({
        code: 'invalid_options',
        message: expect.stringMatching(/everysec/),
      });
    }
  });

  it("'fsync' on a Cluster waits through node-redis, and through ioredis wants appendfsync always", async () => {
    for (const settings of [ALWAYS, EVERYSEC]) {
      const cluster = await startCluster(1, settings);
      toStop.push(() => cluster.stop());
      const [server] = cluster.servers;
      if (server === undefined) throw new Error('No server.');
      const open = async (how: (url: string) => Promise<ClientUnderTest>) => {
        const { sendCommand } = await connect(server, how);
        const store = redisStore({ sendCommand, prefix: freshPrefix(), durability: 'fsync' });
        return store.open(aDraft()).then(
          () => 'opened',
          ({ code }) => code,
        );
      };
      const canWait = versionOf(await serverInfo((await connect(server)).sendCommand, '')) >= 702;
      expect(await open(withIoredisCluster)).toBe(settings === ALWAYS ? 'opened' : 'invalid_options');
      expect(await open(withNodeRedisCluster)).toBe(settings === ALWAYS || canWait ? 'opened' : 'invalid_options');
    }
  });

  it("'fsync' asks again after a failed check, so a server that was away at first is no obstacle", async () => {
    const server = await start(ALWAYS);
    const { sendCommand } = await connect(server);
    await server.kill('SIGKILL');
    const store = redisStore({ sendCommand, prefix: freshPrefix(), durability: 'fsync' });
    await expect(store.open(aDraft())).rejects.toThrow();
    await server.restart();
    await expect.poll(() => store.open(aDraft()).then(() => 'opened', String), { timeout: 10_000 }).toBe('opened');
  });
});
