import { memoryStore } from '@tasklatch/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testStoreContract } from '../src/index.js';

const runner = { describe, it, expect, beforeAll, afterAll };

testStoreContract('the memory store', async (limits) => ({ store: memoryStore(limits), async close() {} }), runner);
