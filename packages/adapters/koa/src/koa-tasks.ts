import type { HttpHandler, TaskHandlerOptions } from '@tasklatch/core';
import type { Context, Middleware } from 'koa';
import { type KoaMountOptions, koaHandler } from './koa-handler.js';

/**
 * Task status as JSON, a list of one's own tasks, and live events: `app.use(koaTasks(latch, { prefix: "/tasks", owner: (ctx) => ctx.state.user?.id }))`.
 * Put it after what signs users in.
 */
export const koaTasks = (
  latch: { tasks(options: TaskHandlerOptions<Context>): HttpHandler },
  { prefix = '', ...options }: TaskHandlerOptions<Context> & KoaMountOptions,
): Middleware => koaHandler(latch.tasks(options), { prefix });
