import { createHash, timingSafeEqual } from 'node:crypto';
import { apidot } from '@tasklatch/apidot';
import { createTasklatch, isTasklatchError, memoryStore, type TaskStore, toFetchHandler } from '@tasklatch/core';
import { Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

export interface AppEnv {
  readonly APIDOT_API_KEY?: string;
  readonly APIDOT_BASE_URL?: string;
  /** As APIDot reaches this app. */
  readonly PUBLIC_URL: string;
  readonly TASKLATCH_SECRET?: string;
  /** What the cron of your host sends as `Authorization: Bearer …`. */
  readonly CRON_SECRET?: string;
}

/**
 * An app that needs no lasting process: requests are answered as they come, and everything that is due is done when the cron calls. Its `fetch`
 * is what hosts of the fetch standard want.
 */
export function makeApp(env: AppEnv, store: TaskStore<undefined> = memoryStore()): Hono {
  const { APIDOT_API_KEY, APIDOT_BASE_URL = 'https://api.apidot.ai', CRON_SECRET = '', PUBLIC_URL } = env;
  if (CRON_SECRET.length < 32) throw new Error('Set CRON_SECRET to at least 32 characters.');

  const latch = createTasklatch({
    // Where requests land in many instances, put a store here that all of them reach: Postgres or Redis.
    store,
    providers: [apidot({ apiKey: APIDOT_API_KEY, baseUrl: APIDOT_BASE_URL })],
    callbacks: { baseUrl: `${PUBLIC_URL}/callbacks`, secret: env.TASKLATCH_SECRET ?? '' },
  });
  latch.onSettled(async (task) => {
    console.log(`${task.id} ${task.status}`);
  });

  // Stands for your sign-in.
  const userOf = (request: Request): string | undefined => request.headers.get('x-user') ?? undefined;
  const callbacks = toFetchHandler(latch.callbacks, '/callbacks');
  const tasks = toFetchHandler(latch.tasks<Request>({ owner: userOf }), '/tasks');

  const app = new Hono();
  app.all('/callbacks/*', (c) => callbacks(c.req.raw));
  app.all('/tasks/*', (c) => tasks(c.req.raw));

  // Vercel, Cloudflare and others call a path on a schedule: once a minute is plenty, callbacks come by themselves.
  app.get('/cron/tick', async (c) => {
    if (!same(c.req.header('authorization') ?? '', `Bearer ${CRON_SECRET}`))
      return c.json({ error: 'not the cron' }, 401);
    // Well below the time limit of the host: what is not done now is done next time.
    return c.json(await latch.tick({ budgetMs: 8_000 }));
  });

  app.post('/pictures', async (c) => {
    const owner = userOf(c.req.raw);
    if (owner === undefined) return c.json({ error: 'not signed in' }, 401);
    const { key, prompt } = await c.req.json<{ key: string; prompt: string }>();
    const task = await latch.submit({ provider: 'apidot', model: 'gpt-image-2', input: { prompt }, owner, key });
    return c.json({ id: task.id, status: task.status }, 202, { location: `/tasks/${task.id}` });
  });

  app.onError((error, c) => {
    if (isTasklatchError(error)) return c.json({ error: error.code }, error.status as ContentfulStatusCode);
    return c.json({ error: 'internal' }, 500);
  });
  return app;
}

/** Compares in constant time, whatever the lengths: the time an answer takes tells nothing about the secret. */
function same(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
