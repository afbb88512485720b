import { aDraft, aFact } from '@tasklatch/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Server, startRedis } from '../../../../tools/services.js';
import { type ClientUnderTest, freshPrefix, withIoredis } from './clients-under-test.js';
import { redisStore } from './redis-store.js';
import { asText } from './reply.js';

const TASKS = 1_000;
/** As the README says, with room for other versions of the server. */
const BYTES_OF_A_SETTLED_TASK = 5_500;

describe.skipIf(inject('redisUrl') === null)('memory', () => {
  let server: Server;
  let client: ClientUnderTest;
  beforeAll(async () => {
    server = await startRedis();
    client = await withIoredis(server.url);
  });
  afterAll(async () => {
    await client.close();
    await server.stop();
  });

  async function used(): Promise<number> {
    const info = asText(await client.sendCommand(['INFO', 'memory'], ''));
    return Number(/used_memory:(\d+)/.exec(info)?.[1]);
  }

  it('of a task is what the README says, and comes back when it is purged', async () => {
    const store = redisStore({ sendCommand: client.sendCommand, prefix: freshPrefix() });
    await store.open(aDraft({ provider: 'first' })); // Scripts and tables.
    const empty = await used();
    const ids = Array.from({ length: TASKS }, (_, index) => `task_${index}_0123456789abcdef`);
    await Promise.all(
      ids.map((id) => store.open(aDraft({ id, owner: `user-${id}`, key: `order-${id}`, fingerprint: 'f'.repeat(64) }))),
    );
    const result = { files: [{ url: `https://cdn.example.com/${'f'.repeat(100)}`, kind: 'image' }] } as const;
    for (const said of [
      { source: 'submit', status: 'pending' },
      { status: 'running' },
      { status: 'succeeded', result },
    ] as const) {
      await store.record(ids.map((id) => aFact({ taskId: id, externalId: `external-${id}`, ...said })));
    }
    const want = { leaseMs: 60_000, from: [{ provider: 'acme', limit: TASKS }] };
    const leases = await store.claim('effect', { ...want, claimId: 'all' });
    await Promise.all(leases.map((lease) => store.finish(lease, { kind: 'done' })));
    expect((await used()) - empty).toBeLessThan(TASKS * BYTES_OF_A_SETTLED_TASK);

    await new Promise((resolve) => setTimeout(resolve, 5));
    const query = { settledForMs: 0, abandonedForMs: 0, quarantinedForMs: 0, limit: TASKS };
    expect(await store.purge(query)).toBe(TASKS);
    expect((await used()) - empty).toBeLessThan(TASKS * 400);
  });
});
