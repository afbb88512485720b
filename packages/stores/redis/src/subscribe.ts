/** Calls `hear` with each message of the channel until the returned function is called. Messages may be lost. */
export type Subscribe = (channel: string, hear: (message: string) => void) => Promise<() => Promise<void>>;

/** What is used of an ioredis client; it is duplicated, since a connection that listens can do nothing else. */
export interface IoredisDuplicable {
  duplicate(): {
    on(event: 'message', hear: (channel: string, message: string) => void): unknown;
    on(event: 'error', hear: (error: Error) => void): unknown;
    subscribe(channel: string): Promise<unknown>;
    disconnect(): void;
  };
}

/** What is used of a node-redis client of `createClient` or `createCluster`. */
export interface NodeRedisDuplicable {
  duplicate(): {
    on(event: 'error', hear: (error: Error) => void): unknown;
    connect(): Promise<unknown>;
    subscribe(channel: string, hear: (message: string) => void): Promise<unknown>;
    destroy(): void;
  };
}

/** Listens on a duplicate of an ioredis client. */
export const subscribeIoredis =
  (redis: IoredisDuplicable): Subscribe =>
  async (channel, hear) => {
    const listener = redis.duplicate();
    listener.on('error', ignore);
    listener.on('message', (_channel, message) => hear(message));
    await listener.subscribe(channel);
    return async () => listener.disconnect();
  };

/** Listens on a duplicate of a node-redis client. */
export const subscribeNodeRedis =
  (client: NodeRedisDuplicable): Subscribe =>
  async (channel, hear) => {
    const listener = client.duplicate();
    listener.on('error', ignore);
    await listener.connect();
    await listener.subscribe(channel, hear);
    return async () => listener.destroy();
  };

/** Both clients connect again and subscribe again by themselves; what is lost meanwhile costs time, nothing else. */
const ignore = (): void => {};
