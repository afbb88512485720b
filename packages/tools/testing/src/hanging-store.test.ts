import { memoryStore } from '@tasklatch/core';
import { describe, expect, it } from 'vitest';
import { aDraft } from './a-draft.js';
import { hangingStore } from './hanging-store.js';

describe('hangingStore', () => {
  it('answers nothing while it hangs, and late what waited', async () => {
    const inner = memoryStore();
    const { store, hang, release } = hangingStore(inner);
    expect((await store.open(aDraft())).created).toBe(true);
    hang();
    const draft = aDraft();
    const call = store.open(draft);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await inner.get({ id: draft.id })).toBe(undefined);
    release();
    expect((await call).created).toBe(true);
    expect((await store.get({ id: draft.id }))?.id).toBe(draft.id);
  });

  it('counts who waits', async () => {
    const hanging = hangingStore(memoryStore());
    hanging.hang();
    const calls = [
      hanging.store.list({}),
      hanging.store.purge({ settledForMs: 0, abandonedForMs: 0, quarantinedForMs: 0 }),
    ];
    expect(hanging.waiting).toBe(2);
    hanging.release();
    await Promise.all(calls);
    expect(hanging.waiting).toBe(0);
  });
});
