import { memoryStore } from '@tasklatch/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manualClock } from './manual-clock.js';
import { testAgainstReference } from './test-against-reference.js';

const runner = { describe, it, expect, beforeAll, afterAll };

testAgainstReference(
  'the memory store',
  async (limits) => {
    const clock = manualClock();
    return { store: memoryStore({ ...limits, clock }), advance: clock.advance, async close() {} };
  },
  runner,
  { runs: 1000, seed: 7 },
);
