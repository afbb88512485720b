import type { Fact, WorkEnd } from '@tasklatch/core';
import { aDelivery, aDraft, aFact } from '@tasklatch/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Server, startRedis } from '../../../../tools/services.js';
import { type ClientUnderTest, freshPrefix, withIoredis } from './clients-under-test.js';
import { redisStore } from './redis-store.js';
import { asText } from './reply.js';

const TASKS = 1_000;
/** Bytes of each task, as the README says. */
const SAID = {
  opened: 1_300,
  submitted: 2_200,
  settled: 4_800,
  fact: 800,
  handler: 200,
  bodyByte: 1.4,
};
/** For other versions of the server. */
const ROOM = 1.25;
const LONG = 600_000;

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

  it('of a task is what the README says, and comes back when its contents and the task are purged', async () => {
    const store = redisStore({ sendCommand: client.sendCommand, prefix: freshPrefix() });
    const query = { settledForMs: LONG, abandonedForMs: LONG, quarantinedForMs: LONG, limit: TASKS };
    // Scripts and tables are no task's.
    const from = [{ provider: 'acme', limit: TASKS }];
    await store.open(aDraft({ id: 'first' }));
    await store.record([aFact({ taskId: 'first', status: 'failed' })]);
    for (const lease of await store.claim('effect', { leaseMs: 1, from, claimId: 'warm' }))
      await store.finish(lease, { kind: 'done' });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await store.purge({ ...query, abandonedForMs: 0 })).toBe(1);
    const empty = await used();
    const ofEach = async () => ((await used()) - empty) / TASKS;
    const near = (bytes: number, said: number) => {
      expect(bytes).toBeLessThan(said * ROOM);
      expect(bytes).toBeGreaterThan(said / ROOM);
    };
    const ids = Array.from({ length: TASKS }, (_, index) => `task_${index}_0123456789abcdef`);
    const say = (over: Partial<Fact>) =>
      store.record(ids.map((id) => aFact({ taskId: id, externalId: `external-${id}`, ...over })));
    const end = async (how: WorkEnd, claimId: string) => {
      const leases = await store.claim('effect', { leaseMs: 60_000, from, claimId });
      expect(leases.length).toBe(TASKS);
      await Promise.all(leases.map((lease) => store.finish(lease, how)));
    };

    await Promise.all(
      ids.map((id) => store.open(aDraft({ id, owner: `user-${id}`, key: `order-${id}`, fingerprint: 'f'.repeat(64) }))),
    );
    near(await ofEach(), SAID.opened);
    await say({ source: 'submit', status: 'pending' });
    near(await ofEach(), SAID.submitted);
    await say({ status: 'running' });
    await say({
      status: 'succeeded',
      result: { files: [{ url: `https://cdn.example.com/${'f'.repeat(100)}`, kind: 'image' }] },
    });
    await end({ kind: 'done' }, 'first');
    const settled = await ofEach();
    near(settled, SAID.settled);

    await say({ source: 'operator', status: null, replay: 'settled' });
    const replayed = await ofEach();
    near(replayed - settled, SAID.fact);
    await end({ kind: 'split', into: ['settled:invoice', 'settled:capture'] }, 'second');
    const split = await ofEach();
    near(split - replayed, SAID.handler * 2);
    const body = 'x'.repeat(6_000);
    await say({ source: 'delivery', status: null, delivery: aDelivery(body) });
    const heard = await ofEach();
    near(heard - split, SAID.fact + body.length * SAID.bodyByte);

    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await store.purge({ ...query, contentForMs: 0 })).toBe(TASKS);
    expect(await ofEach()).toBeLessThan(heard - body.length);
    expect(await store.purge({ ...query, abandonedForMs: 0 })).toBe(TASKS);
    // What the claims took is remembered for as long as their leases.
    expect(await ofEach()).toBeLessThan(200);
  });
});
