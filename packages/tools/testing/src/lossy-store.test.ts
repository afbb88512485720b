import { memoryStore } from '@tasklatch/core';
import { describe, expect, it } from 'vitest';
import { aDraft } from './a-draft.js';
import { aFact } from './a-fact.js';
import { lossyStore, StoreFault } from './lossy-store.js';
import { manualClock } from './manual-clock.js';
import { seededRandom } from './seeded-random.js';

describe('lossyStore', () => {
  it('does the act and loses the answer', async () => {
    const inner = memoryStore();
    const store = lossyStore(inner, { random: seededRandom(1), loseAcks: 1 });
    const draft = aDraft();
    await expect(store.open(draft)).rejects.toBeInstanceOf(StoreFault);
    expect((await inner.get({ id: draft.id }))?.id).toBe(draft.id);
    expect(await inner.open(draft)).toMatchObject({ created: false, send: true });
  });

  it('fails without doing the act', async () => {
    const inner = memoryStore();
    const store = lossyStore(inner, { random: seededRandom(1), failBefore: 1 });
    const draft = aDraft();
    await expect(store.open(draft)).rejects.toThrow('did not answer to "open"');
    expect(await inner.get({ id: draft.id })).toBe(undefined);
  });

  it('leaves acts alone that are not named', async () => {
    const store = lossyStore(memoryStore(), { random: seededRandom(1), failBefore: 1, acts: ['record'] });
    expect((await store.open(aDraft())).created).toBe(true);
    await expect(store.record([aFact()])).rejects.toBeInstanceOf(StoreFault);
  });

  it('befalls the same calls for the same seed', async () => {
    const fates = async (seed: number) => {
      const store = lossyStore(memoryStore(), { random: seededRandom(seed), loseAcks: 0.3, failBefore: 0.3 });
      const calls = Array.from({ length: 50 }, () => store.list({}));
      return (await Promise.allSettled(calls)).map(({ status }) => status);
    };
    expect(await fates(3)).toEqual(await fates(3));
    expect(new Set(await fates(3)).size).toBe(2);
    expect(await fates(3)).not.toEqual(await fates(4));
  });

  it('takes its time, on the clock it is given', async () => {
    const clock = manualClock();
    const store = lossyStore(memoryStore(), { random: { fraction: () => 0.5 }, delayMs: 100, clock });
    let answered = false;
    const call = store.list({}).then(() => {
      answered = true;
    });
    await clock.advance(99);
    expect(answered).toBe(false);
    await clock.advance(1);
    await call;
    expect(answered).toBe(true);
  });

  it('lets every task settle once in the end, whatever gets lost, if callers ask again', async () => {
    const inner = memoryStore();
    const store = lossyStore(inner, { random: seededRandom(5), loseAcks: 0.3, failBefore: 0.3 });
    const insist = async <T>(call: () => Promise<T>): Promise<T> => {
      for (;;) {
        const answer = await call().then(
          (value) => ({ value }),
          () => undefined,
        );
        if (answer !== undefined) return answer.value;
      }
    };
    const drafts = Array.from({ length: 50 }, () => aDraft());
    let sends = 0;
    await Promise.all(
      drafts.map(async (draft) => {
        if ((await insist(() => store.open(draft))).send) sends += 1;
        await insist(() => store.record([aFact({ taskId: draft.id, status: 'succeeded' })]));
      }),
    );
    expect(sends).toBe(50);
    for (const { id } of drafts) {
      expect(await inner.get({ id })).toMatchObject({ status: 'succeeded', verdicts: 1 });
      expect((await inner.ledger({ taskId: id })).effects.length).toBe(1);
    }
  });
});
