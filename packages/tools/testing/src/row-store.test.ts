import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowStore } from '../row-store/row-store.js';
import { testStoreContract } from './test-store-contract.js';

testStoreContract('the row store', async (limits) => ({ store: rowStore(limits), async close() {} }), {
  ...{ describe, it, expect, beforeAll, afterAll },
});

it('is copied into the example of a store as it is', () => {
  const files = (folder: string) => {
    const url = new URL(folder, import.meta.url);
    return readdirSync(url).map((file) => [file, readFileSync(new URL(file, url), 'utf8')]);
  };
  expect(files('../../../../examples/own-store/src/row-store/')).toEqual(files('../row-store/'));
});
