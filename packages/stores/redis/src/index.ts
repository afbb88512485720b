export { type CheckRedisOptions, checkRedis, type RedisFinding } from './check-redis.js';
export { type RedisStoreOptions, redisStore } from './redis-store.js';
export {
  fromIoredis,
  fromNodeRedis,
  fromNodeRedisCluster,
  type IoredisLike,
  type NodeRedisClusterLike,
  type NodeRedisLike,
  type SendCommand,
} from './send-command.js';
export {
  type IoredisDuplicable,
  type NodeRedisDuplicable,
  type Subscribe,
  subscribeIoredis,
  subscribeNodeRedis,
} from './subscribe.js';
