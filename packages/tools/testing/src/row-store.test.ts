import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowStore } from './row-store/row-store.js';
import { testStoreContract } from './test-store-contract.js';

testStoreContract('the row store', async (limits) => ({ store: rowStore(limits), async close() {} }), {
  ...{ describe, it, expect, beforeAll, afterAll },
});
