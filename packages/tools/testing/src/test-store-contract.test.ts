import { memoryStore } from '@tasklatch/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manualClock } from './manual-clock.js';
import { testStoreContract } from './test-store-contract.js';

const runner = { describe, it, expect, beforeAll, afterAll };

testStoreContract('the memory store', async (limits) => ({ store: memoryStore(limits), async close() {} }), runner);

testStoreContract(
  'the memory store on a manual clock',
  async (limits) => {
    const clock = manualClock();
    return { store: memoryStore({ ...limits, clock }), advance: clock.advance, now: clock.now, async close() {} };
  },
  runner,
);
