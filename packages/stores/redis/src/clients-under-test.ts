import { randomUUID } from 'node:crypto';
import type { TaskStore } from '@tasklatch/core';
import type { MakeStore } from '@tasklatch/testing';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { type RedisStoreOptions, redisStore } from './redis-store.js';
import { asTexts } from './reply.js';
import { fromIoredis, fromNodeRedis, type SendCommand } from './send-command.js';
import { type Subscribe, subscribeIoredis, subscribeNodeRedis } from './subscribe.js';

/** One connection of one client library, as the tests use it. */
export interface ClientUnderTest {
  readonly sendCommand: SendCommand;
  readonly subscribe: Subscribe;
  close(): Promise<void>;
}

/** Fails at once while the server is away, so that tests of outages do not wait for reconnects. */
export async function withIoredis(url: string): Promise<ClientUnderTest> {
  const redis = new Redis(url, { maxRetriesPerRequest: 0, retryStrategy: () => 50 });
  redis.on('error', () => {}); // Each command rejects with it.
  await redis.ping();
  return {
    sendCommand: fromIoredis(redis),
    subscribe: subscribeIoredis(redis),
    close: async () => redis.disconnect(),
  };
}

export async function withNodeRedis(url: string): Promise<ClientUnderTest> {
  const client = createClient({ url, disableOfflineQueue: true, socket: { reconnectStrategy: 50 } });
  client.on('error', () => {}); // Each command rejects with it.
  await client.connect();
  return {
    sendCommand: fromNodeRedis(client),
    subscribe: subscribeNodeRedis(client),
    close: async () => client.destroy(),
  };
}

export const CLIENTS = { ioredis: withIoredis, 'node-redis': withNodeRedis };

/** A prefix nobody else uses. */
export const freshPrefix = (): string => `test-${randomUUID()}`;

/** Deletes everything under a prefix. */
export async function clear(sendCommand: SendCommand, prefix: string): Promise<void> {
  await Promise.all((await keysOf(sendCommand, prefix)).map((key) => sendCommand(['UNLINK', key], key)));
}

export async function keysOf(sendCommand: SendCommand, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for (let cursor = '0', first = true; first || cursor !== '0'; first = false) {
    const reply = await sendCommand(['SCAN', cursor, 'MATCH', `*${prefix}*`, 'COUNT', '5000'], '');
    if (!Array.isArray(reply)) throw new Error('SCAN did not answer with a list.');
    cursor = String(reply[0]);
    found.push(...reply[1]);
  }
  return found;
}

/** An empty store for the suites, and how another process would open it. */
export const makeStoreOn =
  (url: string, connect = withIoredis, options: Partial<RedisStoreOptions> = {}): MakeStore =>
  async (limits) => {
    const prefix = freshPrefix();
    const clients: ClientUnderTest[] = [];
    const open = async (): Promise<TaskStore> => {
      const client = await connect(url);
      clients.push(client);
      const { sendCommand, subscribe } = client;
      return redisStore({ sendCommand, subscribe, prefix, ...options, ...limits });
    };
    const store = await open();
    const { sendCommand } = clients[0] ?? (await connect(url));
    return {
      store,
      second: open,
      now: () => clockOf(sendCommand),
      async close() {
        await clear(sendCommand, prefix);
        for (const client of clients) await client.close();
      },
    };
  };

/** Redis's clock in ms, as the scripts read it. */
export async function clockOf(sendCommand: SendCommand): Promise<number> {
  const [seconds = 0, micros = 0] = asTexts(await sendCommand(['TIME'], '')).map(Number);
  return seconds * 1000 + Math.floor(micros / 1000);
}
