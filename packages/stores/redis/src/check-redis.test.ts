import { Redis } from 'ioredis';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { freePort, type Server, startRedis } from '../../../../tools/services.js';
import { type CheckRedisOptions, checkRedis } from './check-redis.js';
import { withIoredis, withNodeRedis } from './clients-under-test.js';
import { startCluster } from './cluster-under-test.js';
import { fromIoredis } from './send-command.js';

const SOUND = { appendonly: 'yes', appendfsync: 'always', save: '3600 1' };

describe.skipIf(inject('redisUrl') === null)('checkRedis', () => {
  const servers: Server[] = [];
  afterAll(() => Promise.all(servers.map((server) => server.stop())));

  async function findings(
    settings: Record<string, string>,
    options: Partial<CheckRedisOptions> = {},
    connect = withIoredis,
  ): Promise<readonly string[]> {
    const server = await startRedis({ settings: { ...SOUND, ...settings } });
    servers.push(server);
    const client = await connect(server.url);
    try {
      const found = await checkRedis({ sendCommand: client.sendCommand, ...options });
      return found.map(({ code, severity }) => `${severity}: ${code}`);
    } finally {
      await client.close();
    }
  }

  it('finds nothing on a server that keeps every promise', async () => {
    expect(await findings({})).toEqual([]);
    expect(await findings({}, { durability: 'fsync', shards: 3 }, withNodeRedis)).toEqual([]);
  });

  it('finds a server that forgets everything, or everything since a snapshot', async () => {
    expect(await findings({ appendonly: 'no', save: '' })).toEqual(['broken: no_persistence']);
    expect(await findings({ appendonly: 'no', save: '900 1' })).toEqual(['broken: snapshots_only']);
  });

  it('tells what a crash loses when the disk lags behind', async () => {
    expect(await findings({ appendfsync: 'everysec' })).toEqual(['warning: fsync_lags']);
    expect(await findings({ 'no-appendfsync-on-rewrite': 'yes' })).toEqual(['broken: fsync_pauses']);
  });

  it('finds a server that deletes tasks under pressure', async () => {
    expect(await findings({ 'maxmemory-policy': 'allkeys-lru' })).toEqual(['broken: evicts']);
    expect(await findings({ 'maxmemory-policy': 'volatile-ttl' })).toEqual(['warning: evicts']);
  });

  it('finds a replica', async () => {
    expect(await findings({ replicaof: '127.0.0.1 1' })).toEqual(['broken: replica']);
  });

  it('says so when the server does not show its settings', async () => {
    const server = await startRedis({ settings: SOUND });
    servers.push(server);
    const redis = new Redis(server.url);
    await redis.call('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '&*', '+@all', '-config');
    await redis.auth('app', 'secret');
    const found = await checkRedis({ sendCommand: fromIoredis(redis) });
    expect(found.map(({ code, severity }) => `${severity}: ${code}`)).toEqual(['warning: settings_hidden']);
    redis.disconnect();
  });

  it('finds a cluster without all its slots', async () => {
    expect(await findings({ 'cluster-enabled': 'yes', 'cluster-port': String(await freePort()) })).toEqual([
      'broken: cluster_down',
    ]);
  });

  it('finds shards that a key prefix of the client puts into one slot', async () => {
    const cluster = await startCluster(1, SOUND);
    servers.push(...cluster.servers);
    const url = cluster.servers[0]?.url ?? '';
    const plain = new Redis(url);
    expect(await checkRedis({ sendCommand: fromIoredis(plain), shards: 4 })).toEqual([]);
    const tagged = new Redis(url, { keyPrefix: '{app}:' });
    const found = await checkRedis({ sendCommand: fromIoredis(tagged), shards: 4 });
    expect(found.map(({ code }) => code)).toEqual(['one_slot']);
    plain.disconnect();
    tagged.disconnect();
  });

  it('rejects when the server is away', async () => {
    const server = await startRedis();
    const client = await withIoredis(server.url);
    await server.stop();
    await expect(checkRedis({ sendCommand: client.sendCommand })).rejects.toThrow();
    await client.close();
  });
});
