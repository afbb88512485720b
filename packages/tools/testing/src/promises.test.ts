import { memoryStore } from '@tasklatch/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testPromises } from './test-promises.js';

testPromises(
  'the memory store',
  async (limits) => {
    const store = memoryStore(limits);
    return { store, second: async () => store, close: async () => undefined };
  },
  { describe, it, expect, beforeAll, afterAll },
);
