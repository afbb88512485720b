import { testAgainstReference, testStoreContract } from '@tasklatch/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { checkRedis } from './check-redis.js';
import { type ClientUnderTest, freshPrefix, makeStoreOn, withIoredis } from './clients-under-test.js';
import { type ClusterUnderTest, startCluster, withIoredisCluster, withNodeRedisCluster } from './cluster-under-test.js';
import { type ScriptName, scriptOf } from './scripts.js';
import type { SendCommand } from './send-command.js';

const runner = { describe, it, expect, beforeAll, afterAll };
const NAMES: readonly ScriptName[] = [
  ...(['open', 'record', 'tidy', 'claim', 'extend', 'finish', 'purge'] as const),
  ...(['read', 'find', 'list', 'ledger', 'waiting', 'meet'] as const),
];

describe.skipIf(inject('redisUrl') === null)('on a real Redis Cluster', () => {
  let cluster: ClusterUnderTest | undefined;
  beforeAll(async () => {
    cluster = await startCluster(2);
  });
  afterAll(() => cluster?.stop());
  const url = () => cluster?.servers[0]?.url ?? '';

  testAgainstReference('redisStore with ioredis', (limits) => makeStoreOn(url(), withIoredisCluster)(limits), runner, {
    runs: 30,
    seed: 7,
  });

  // With this first line Redis 7 refuses a script that touches a second slot; without it, it looks away.
  testStoreContract(
    'redisStore with node-redis, each shard strictly in its slot,',
    (limits) => makeStoreOn(url(), async (at) => strict(await withNodeRedisCluster(at)), { shards: 5 })(limits),
    runner,
  );

  it('refuses, in this test, a script that leaves its slot', async () => {
    const { sendCommand, close } = await withNodeRedisCluster(url());
    const source = "#!lua\nredis.call('SET', KEYS[1], 1) redis.call('SET', 'elsewhere', 1)";
    await expect(sendCommand(['EVAL', source, '1', '{a}'], '{a}')).rejects.toThrow(/slot|non local/);
    await close();
  });

  it('is seen as sound through a cluster client, and the wrong client is noticed', async () => {
    const good = await withNodeRedisCluster(url());
    const options = { prefix: freshPrefix(), shards: 8 };
    const codes = async ({ sendCommand }: ClientUnderTest) =>
      (await checkRedis({ sendCommand, ...options })).map(({ code }) => code);
    expect(await codes(good)).toEqual(['no_persistence']);
    const wrong = await withIoredis(url());
    expect(await codes(wrong)).toContain('not_a_cluster_client');
    await good.close();
    await wrong.close();
  });
});

function strict(client: ClientUnderTest): ClientUnderTest {
  const sources = new Map(NAMES.map(scriptOf).map(({ sha, source }) => [sha, `#!lua\n${source}`]));
  const sendCommand: SendCommand = (args, key) => {
    const source = args[0] === 'EVALSHA' ? sources.get(args[1] ?? '') : undefined;
    return client.sendCommand(source === undefined ? args : ['EVAL', source, ...args.slice(2)], key);
  };
  return { ...client, sendCommand };
}
