import type { HttpHandler, TaskHandlerOptions } from '@tasklatch/core';
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { fastifyRoutes } from './fastify-routes.js';

export interface FastifyTasksOptions extends TaskHandlerOptions<FastifyRequest> {
  readonly latch: { tasks(options: TaskHandlerOptions<FastifyRequest>): HttpHandler };
}

/**
 * Task status as JSON, a list of one's own tasks, and live events:
 * `app.register(fastifyTasks, { prefix: "/tasks", latch, owner: (request) => request.user?.id })`. Streams end when the app closes.
 */
export const fastifyTasks: FastifyPluginAsync<FastifyTasksOptions> = async (instance, { latch, ...options }) =>
  fastifyRoutes(instance, latch.tasks(options), { secretPath: false });
