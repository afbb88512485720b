import type { Recorded, Task, TaskStore } from '@tasklatch/core';
import { type MakeStore, testAgainstReference } from '@tasklatch/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { makeStoreOn, withIoredis, withNodeRedis } from './clients-under-test.js';

const url = inject('redisUrl') ?? '';
const runner = { describe, it, expect, beforeAll, afterAll };

/** Facts of one batch that are in different shards go side by side: which of them gets the last room in a full quarantine is open. */
const oneByOne = (store: TaskStore<unknown>): TaskStore<unknown> => ({
  ...store,
  async record(facts) {
    const said: Recorded[] = [];
    for (const fact of facts) said.push(...(await store.record([fact])));
    const tasks = new Map<string | undefined, Task | null>(said.map(({ task }) => [task?.id, task]));
    return said.map((one) => ({ ...one, task: tasks.get(one.task?.id) ?? null }));
  },
});

const threeShards: MakeStore<unknown> = async (limits) => {
  const made = await makeStoreOn(url, withNodeRedis, { shards: 3 })(limits);
  return { ...made, store: oneByOne(made.store), second: async () => oneByOne((await made.second?.()) ?? made.store) };
};

describe.skipIf(url === '')('with a real Redis', () => {
  testAgainstReference('redisStore with one shard', makeStoreOn(url, withIoredis), runner, { seed: 1 });
  testAgainstReference('redisStore with three shards', threeShards, runner, { seed: 101, runs: 200 });
});
