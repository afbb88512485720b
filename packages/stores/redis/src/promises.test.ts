import { testPromises } from '@tasklatch/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { makeStoreOn, withIoredis } from './clients-under-test.js';

const url = inject('redisUrl') ?? '';

describe.skipIf(url === '')('with a real Redis', () => {
  const makeStore = makeStoreOn(url, withIoredis, { shards: 2 });
  testPromises('redisStore', makeStore, { describe, it, expect, beforeAll, afterAll });
});
