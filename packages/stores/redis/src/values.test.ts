import type { TaskStore } from '@tasklatch/core';
import { aDraft, aFact } from '@tasklatch/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type ClientUnderTest, clear, freshPrefix, withNodeRedis } from './clients-under-test.js';
import { redisStore } from './redis-store.js';
import { escapeText, unescapeText } from './text.js';

const url = inject('redisUrl') ?? '';
const LONG = 600_000;

describe('text on its way through the scripts', () => {
  it('comes back as it was, has no line break, and is never another text', () => {
    const any = fc.string({ unit: 'binary', maxLength: 40 });
    const odd = fc.array(fc.constantFrom('\ud800', '\udc00', '\\', '"', 'n', '\n', '\0', 'u', '😀', '/', '\u007f'));
    fc.assert(
      fc.property(
        fc.oneof(
          any,
          odd.map((parts) => parts.join('')),
        ),
        (text) => {
          const escaped = escapeText(text);
          expect(unescapeText(escaped)).toBe(text);
          expect(/[\n\0]|\p{Surrogate}/u.test(escaped)).toBe(false);
        },
      ),
    );
  });
});

describe.skipIf(url === '')('values in a real Redis', () => {
  let client: ClientUnderTest;
  let store: TaskStore;
  const prefix = freshPrefix();
  beforeAll(async () => {
    client = await withNodeRedis(url);
    store = redisStore({ sendCommand: client.sendCommand, prefix, shards: 2 });
  });
  afterAll(async () => {
    await clear(client.sendCommand, prefix);
    await client.close();
  });

  it('keep every digit of a time that is very far away', async () => {
    const deadlineMs = 2 ** 52 + 1;
    const { task } = await store.open(aDraft({ deadlineMs, sendWithinMs: deadlineMs }));
    expect(task).toMatchObject({ deadlineAt: task.createdAt + deadlineMs, nextCheckAt: task.createdAt + deadlineMs });
    await store.record([aFact({ taskId: task.id, status: 'running', announce: true })]);
    expect((await store.get({ id: task.id }))?.deadlineAt).toBe(task.createdAt + deadlineMs);
    const want = { claimId: 'far', leaseMs: deadlineMs, from: [{ provider: 'acme', limit: 10 }] };
    const leases = await store.claim('effect', want);
    expect(leases.length).toBe(2);
    const { effects } = await store.ledger({ taskId: task.id });
    expect(effects.every(({ leaseUntil }) => (leaseUntil ?? 0) > deadlineMs)).toBe(true);
    for (const lease of leases) expect(await store.finish(lease, { kind: 'again', inMs: deadlineMs })).toBe(true);
    expect((await store.ledger({ taskId: task.id })).effects.every(({ dueAt }) => dueAt > deadlineMs)).toBe(true);
  });

  it('keep every digit of a progress', async () => {
    const { id } = (await store.open(aDraft())).task;
    for (const progress of [100 / 3, 100 / 3 + 1e-14, 5e-324]) {
      await store.record([aFact({ taskId: id, status: 'running', progress })]);
    }
    expect((await store.get({ id }))?.progress).toBe(Math.max(100 / 3, 100 / 3 + 1e-14));
  });

  it('tell a task whose effects were all done from one that has to run again', async () => {
    const provider = 'again';
    const { id } = (await store.open(aDraft({ provider }))).task;
    await store.record([aFact({ provider, taskId: id, status: 'failed' })]);
    const want = { claimId: 'once', leaseMs: LONG, from: [{ provider, limit: 10 }] };
    for (const lease of await store.claim('effect', want)) await store.finish(lease, { kind: 'done' });
    const replay = { provider, taskId: id, status: null, source: 'operator', replay: 'settled', nonce: 'r' } as const;
    await store.record([aFact(replay)]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const query = { settledForMs: 0, abandonedForMs: LONG, quarantinedForMs: LONG };
    expect(await store.purge(query)).toBe(0);
    for (const lease of await store.claim('effect', { ...want, claimId: 'twice' }))
      await store.finish(lease, { kind: 'done' });
    expect(await store.purge(query)).toBe(1);
  });
});
