import { apidot } from '@tasklatch/apidot';
import { createTasklatch, isTasklatchError } from '@tasklatch/core';
import { fastifyCallbacks, fastifyTasks } from '@tasklatch/fastify';
import { fromIoredis, redisStore, subscribeIoredis } from '@tasklatch/redis';
import fastify, { type FastifyRequest } from 'fastify';
import { Redis } from 'ioredis';

const { APIDOT_API_KEY, APIDOT_BASE_URL = 'https://api.apidot.ai', PORT = '3000', TASKLATCH_SECRET = '' } = process.env;
// As APIDot reaches this app. On your own machine callbacks can't arrive, and checks do the work.
const {
  PUBLIC_URL = `http://127.0.0.1:${PORT}`,
  REDIS_URL = 'redis://127.0.0.1:6379',
  REDIS_PREFIX = 'pictures',
} = process.env;

const redis = new Redis(REDIS_URL);
const latch = createTasklatch({
  // Any number of instances share it, and hear of each other's work at once.
  store: redisStore({ sendCommand: fromIoredis(redis), subscribe: subscribeIoredis(redis), prefix: REDIS_PREFIX }),
  providers: [apidot({ apiKey: APIDOT_API_KEY, baseUrl: APIDOT_BASE_URL })],
  callbacks: { baseUrl: `${PUBLIC_URL}/callbacks`, secret: TASKLATCH_SECRET },
});

latch.onSettled(async (task, { effectKey }) => {
  // Redis can't write your data in the same transaction: the effect runs at least once, and `effectKey` is the same each time.
  await redis.hset(`${REDIS_PREFIX}-gallery`, effectKey, task.id);
});

const app = fastify({ logger: true });
// Stands for your sign-in.
const userOf = (request: FastifyRequest): string | undefined => request.headers['x-user']?.toString();

app.register(fastifyCallbacks, { prefix: '/callbacks', latch, stopLatch: true });
app.register(fastifyTasks, {
  prefix: '/tasks',
  latch,
  owner: userOf,
  expose: (task) => ({ results: task.result?.files ?? [] }),
});

app.post<{ Body: { key: string; prompt: string } }>(
  '/pictures',
  {
    schema: {
      body: {
        type: 'object',
        required: ['key', 'prompt'],
        properties: { key: { type: 'string' }, prompt: { type: 'string' } },
      },
    },
  },
  async (request, reply) => {
    const owner = userOf(request);
    if (owner === undefined) return reply.code(401).send({ error: 'not signed in' });
    // The same key is the same task, however often the browser sends it.
    const { key, prompt } = request.body;
    const task = await latch.submit({ provider: 'apidot', model: 'gpt-image-2', input: { prompt }, owner, key });
    return reply.code(202).header('location', `/tasks/${task.id}`).send({ id: task.id, status: task.status });
  },
);

app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
  if (isTasklatchError(error)) return reply.code(error.status).send({ error: error.code });
  if ((error.statusCode ?? 500) >= 500) request.log.error(error);
  return reply.code(error.statusCode ?? 500).send({ error: 'request failed' });
});
app.addHook('onClose', async () => redis.disconnect());

await app.listen({ host: '0.0.0.0', port: Number(PORT) });
await latch.start();

// Ends streams, answers deliveries in flight, lets effects end, then closes the connection to Redis.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void app.close());
