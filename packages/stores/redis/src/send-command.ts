import { TasklatchError } from '@tasklatch/core';

/**
 * The one function the store calls: sends a command to Redis and resolves with its reply as strings, numbers, null and arrays of them;
 * rejects with the client's error. `key` is a key of the command's, for clients of a Redis Cluster that want to know
 * the slot; others leave it alone.
 */
export type SendCommand = (args: readonly string[], key: string) => Promise<unknown>;

/** What is used of an ioredis client (`Redis` or `Cluster`). */
export interface IoredisLike {
  readonly isCluster?: boolean;
  call(command: string, ...args: string[]): Promise<unknown>;
}

/** What is used of a node-redis client (`createClient`). */
export interface NodeRedisLike {
  sendCommand(args: string[]): Promise<unknown>;
}

/** What is used of a node-redis cluster client (`createCluster`). */
export interface NodeRedisClusterLike {
  sendCommand(firstKey: string | undefined, isReadonly: boolean | undefined, args: string[]): Promise<unknown>;
}

/** Commands about the connection they come on: worthless on a connection to just any server. */
const OF_A_CONNECTION = new Set(['CLIENT', 'WAITAOF']);

/** `redisStore({ sendCommand: fromIoredis(redis) })`, for a single server, Sentinel or `Redis.Cluster`. */
export const fromIoredis =
  (redis: IoredisLike): SendCommand =>
  async ([command = '', ...args]) => {
    // Its Cluster sends a command without a key to a server of its own choice.
    if (redis.isCluster === true && OF_A_CONNECTION.has(command)) {
      throw new TasklatchError(
        'not_supported',
        `ioredis's Cluster can't send ${command} to the server that holds a key.`,
      );
    }
    return redis.call(command, ...args);
  };

/** `redisStore({ sendCommand: fromNodeRedis(client) })`, for a connected client of `createClient`. */
export const fromNodeRedis =
  (client: NodeRedisLike): SendCommand =>
  (args) =>
    client.sendCommand([...args]);

/** `redisStore({ sendCommand: fromNodeRedisCluster(cluster) })`, for a connected client of `createCluster`. */
export const fromNodeRedisCluster =
  (cluster: NodeRedisClusterLike): SendCommand =>
  (args, key) =>
    cluster.sendCommand(key, false, [...args]);
