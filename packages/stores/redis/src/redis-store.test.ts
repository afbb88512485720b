import type { TaskStore } from '@tasklatch/core';
import { testStoreContract } from '@tasklatch/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { CLIENTS, clear, freshPrefix } from './clients-under-test.js';
import { redisStore } from './redis-store.js';

const url = inject('redisUrl');

describe.skipIf(url === null)('redisStore', () => {
  for (const [name, connect] of Object.entries(CLIENTS)) {
    for (const shards of [1, 4]) {
      testStoreContract(
        `redisStore with ${name}, shards: ${shards}`,
        async (limits) => {
          const prefix = freshPrefix();
          const clients = [await connect(url ?? '')];
          const open = (index: number): TaskStore => {
            const { sendCommand, subscribe } = clients[index] ?? fail();
            return redisStore({ sendCommand, subscribe, prefix, shards, ...limits });
          };
          return {
            store: open(0),
            async second() {
              clients.push(await connect(url ?? ''));
              return open(1);
            },
            async now() {
              const reply = await clients[0]?.sendCommand(['TIME'], '');
              const [seconds, micros] = Array.isArray(reply) ? reply.map(Number) : [];
              return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
            },
            async close() {
              await clear(clients[0] ?? fail(), prefix);
              for (const client of clients) await client.close();
            },
          };
        },
        { describe, it, expect, beforeAll, afterAll },
      );
    }
  }
});

function fail(): never {
  throw new Error('No client.');
}
