import { aDelivery, aDraft, aFact } from '@tasklatch/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type ClientUnderTest, clear, freshPrefix, keysOf, withIoredis } from './clients-under-test.js';
import { redisStore } from './redis-store.js';

const url = inject('redisUrl') ?? '';

describe.skipIf(url === '')('the layout of the data', () => {
  let client: ClientUnderTest;
  const prefixes: string[] = [];
  const fresh = () => prefixes[prefixes.push(freshPrefix()) - 1] ?? '';
  beforeAll(async () => {
    client = await withIoredis(url);
  });
  afterAll(async () => {
    for (const prefix of prefixes) await clear(client.sendCommand, prefix);
    await client.close();
  });

  it('fixes the number of shards with the first use: another number is an error that says what to do', async () => {
    const { sendCommand } = client;
    const prefix = fresh();
    await redisStore({ sendCommand, prefix, shards: 4 }).open(aDraft());
    const other = redisStore({ sendCommand, prefix, shards: 8 });
    await expect(other.list({})).rejects.toMatchObject({
      code: 'schema_mismatch',
      message: expect.stringContaining('Pass shards: 4'),
    });
    await expect(other.open(aDraft())).rejects.toMatchObject({ code: 'schema_mismatch' });
    expect((await redisStore({ sendCommand, prefix, shards: 4 }).list({})).items.length).toBe(1);
  });

  it('lets one of many numbers win that are used for the first time at once', async () => {
    const { sendCommand } = client;
    const prefix = fresh();
    const tries = Array.from({ length: 20 }, (_, index) =>
      redisStore({ sendCommand, prefix, shards: (index % 4) + 1 })
        .open(aDraft())
        .then(
          () => (index % 4) + 1,
          () => 0,
        ),
    );
    expect(new Set((await Promise.all(tries)).filter((shards) => shards > 0)).size).toBe(1);
  });

  it('refuses data of another format', async () => {
    const { sendCommand } = client;
    const prefix = fresh();
    await redisStore({ sendCommand, prefix }).open(aDraft());
    await sendCommand(['HSET', `{${prefix}:0}:layout`, 'format', '99'], `{${prefix}:0}:layout`);
    await expect(redisStore({ sendCommand, prefix }).list({})).rejects.toMatchObject({ code: 'schema_mismatch' });
  });

  it('begins every key with the tag of its shard', async () => {
    const { sendCommand } = client;
    const prefix = fresh();
    const store = redisStore({ sendCommand, prefix, shards: 3 });
    for (let count = 0; count < 30; count += 1) await store.open(aDraft({ owner: 'o' }));
    const keys = await keysOf(sendCommand, prefix);
    expect(keys.filter((key) => !/^\{test-[\w-]+:[0-2]\}:/.test(key))).toEqual([]);
    const tags = new Set(keys.filter((key) => key.includes(':task:')).map((key) => key.slice(0, key.indexOf('}'))));
    expect(tags.size).toBe(3);
  });

  it('leaves nothing behind of tasks and entries that were purged, over several shards', async () => {
    const { sendCommand } = client;
    const prefix = fresh();
    const store = redisStore({ sendCommand, prefix, shards: 3 });
    await settleAndPurge(store);
    const left = (await keysOf(sendCommand, prefix)).map((key) => key.slice(key.indexOf('}') + 2));
    // Counters and the layout itself.
    expect(left.filter((key) => !['layout', 'q:last'].includes(key) && !key.startsWith('claim:'))).toEqual([]);
  });

  it('takes no prefix with braces, and no odd number of shards', () => {
    const { sendCommand } = client;
    for (const options of [{ prefix: 'a{b' }, { prefix: '' }, { shards: 0 }, { shards: 1.5 }, { shards: 5000 }]) {
      expect(() => redisStore({ sendCommand, ...options })).toThrow(/redisStore/);
    }
  });
});

async function settleAndPurge(store: ReturnType<typeof redisStore>): Promise<void> {
  for (let count = 0; count < 12; count += 1) {
    const { id } = (await store.open(aDraft({ owner: `o${count % 2}` }))).task;
    await store.record([aFact({ taskId: id, externalId: `x${id}`, status: 'running', announce: true })]);
    const delivery = aDelivery('a body');
    await store.record([aFact({ externalId: `x${id}`, status: 'failed', announce: true, delivery })]);
    await store.record([aFact({ externalId: `orphan-${id}` }), aFact({ taskId: `nobody-${id}` })]);
  }
  const want = { leaseMs: 10_000, from: [{ provider: 'acme', limit: 20 }] };
  let count = 0;
  for (const lease of await store.claim('effect', { ...want, claimId: 'c' }))
    await store.finish(lease, count++ % 2 === 0 ? { kind: 'done' } : { kind: 'split', into: [`${lease.kind}:h-1.x`] });
  const parts = [{ provider: 'acme', limit: 5, kinds: ['settled:h-1.x', 'fact:h-1.x'] as const }];
  for (const lease of await store.claim('effect', { leaseMs: 1, from: parts, claimId: 'd' }))
    await store.extend(lease, 1);
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await store.purge({ settledForMs: 0, abandonedForMs: 0, quarantinedForMs: 0, limit: 1000 })).toBe(36);
}
