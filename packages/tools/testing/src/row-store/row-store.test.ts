import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testStoreContract } from '../test-store-contract.js';
import { rowStore } from './row-store.js';

testStoreContract('the row store', async (limits) => ({ store: rowStore(limits), async close() {} }), {
  ...{ describe, it, expect, beforeAll, afterAll },
});
