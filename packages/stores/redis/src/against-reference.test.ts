import { testAgainstReference } from '@tasklatch/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { makeStoreOn, withIoredis, withNodeRedis } from './clients-under-test.js';

const url = inject('redisUrl') ?? '';
const runner = { describe, it, expect, beforeAll, afterAll };

describe.skipIf(url === '')('with a real Redis', () => {
  testAgainstReference('redisStore with one shard', makeStoreOn(url, withIoredis), runner, { seed: 1 });
  testAgainstReference('redisStore with three shards', makeStoreOn(url, withNodeRedis, { shards: 3 }), runner, {
    seed: 2,
  });
});
