import { randomUUID } from 'node:crypto';
import type { TaskStore } from '@tasklatch/core';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { type RedisStoreOptions, redisStore } from './redis-store.js';
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

/** Deletes everything under a prefix, on a single server. */
export async function clear({ sendCommand }: Pick<ClientUnderTest, 'sendCommand'>, prefix: string): Promise<void> {
  const keys = await keysOf({ sendCommand }, prefix);
  for (let at = 0; at < keys.length; at += 1000) await sendCommand(['UNLINK', ...keys.slice(at, at + 1000)], '');
}

export async function keysOf({ sendCommand }: Pick<ClientUnderTest, 'sendCommand'>, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for (let cursor = '0', first = true; first || cursor !== '0'; first = false) {
    const reply = await sendCommand(['SCAN', cursor, 'MATCH', `*${prefix}*`, 'COUNT', '5000'], '');
    if (!Array.isArray(reply)) throw new Error('SCAN did not answer with a list.');
    cursor = String(reply[0]);
    found.push(...reply[1]);
  }
  return found;
}

/** A store on a connection of its own, and what removes both. */
export async function storeOn(
  url: string,
  options: Partial<RedisStoreOptions> = {},
  connect = withIoredis,
): Promise<{ readonly store: TaskStore; readonly client: ClientUnderTest; readonly prefix: string }> {
  const client = await connect(url);
  const prefix = options.prefix ?? freshPrefix();
  return { client, prefix, store: redisStore({ sendCommand: client.sendCommand, ...options, prefix }) };
}
