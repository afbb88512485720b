import { testStoreContract } from '@tasklatch/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { CLIENTS, makeStoreOn } from './clients-under-test.js';

const url = inject('redisUrl');

describe.skipIf(url === null)('with a real Redis', () => {
  for (const [client, connect] of Object.entries(CLIENTS)) {
    for (const shards of [1, 4]) {
      const makeStore = makeStoreOn(url ?? '', connect, { shards });
      testStoreContract(`${client}, shards: ${shards},`, makeStore, { describe, it, expect, beforeAll, afterAll });
    }
  }
});
