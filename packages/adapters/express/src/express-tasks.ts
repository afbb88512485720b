import type { HttpHandler, TaskHandlerOptions } from '@tasklatch/core';
import type { Request, RequestHandler } from 'express';
import { expressHandler } from './express-handler.js';

/**
 * Task status as JSON, a list of one's own tasks, and live events: `app.use("/tasks", expressTasks(latch, { owner: (req) => req.user?.id }))`.
 * Put it after what signs users in.
 */
export const expressTasks = (
  latch: { tasks(options: TaskHandlerOptions<Request>): HttpHandler },
  options: TaskHandlerOptions<Request>,
): RequestHandler => expressHandler(latch.tasks(options));
