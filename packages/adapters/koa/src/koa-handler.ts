import { Readable } from 'node:stream';
import { belowMount, type FromNodeOptions, fromNodeRequest, type HttpHandler } from '@tasklatch/core';
import type { Context, Middleware } from 'koa';

export interface KoaMountOptions {
  /** The path to serve under; other paths go to the next middleware. Leave it out under koa-mount, which cuts its own prefix off. */
  readonly prefix?: string;
}

/** Serves a handler of the core. Errors of the app's own functions are thrown, so they reach Koa's error handling. */
export function koaHandler(
  handler: HttpHandler,
  { prefix = '', ...options }: KoaMountOptions & Pick<FromNodeOptions, 'rawBodyFix'> = {},
): Middleware {
  return async (ctx, next) => {
    const path = belowMount(ctx.url, prefix);
    if (path === undefined) return next();
    // To TypeScript a body is there only where a body parser's types are.
    const parsed: object = ctx.request;
    const request = fromNodeRequest(ctx.req, ctx.res, { ...options, path, raw: ctx, parsed });
    const { body, headers, status } = await handler(request);
    ctx.status = status;
    ctx.set({ ...headers });
    ctx.body = typeof body === 'string' ? body : streamed(ctx, body, request.signal);
  };
}

function streamed(ctx: Context, body: AsyncIterable<string>, gone: AbortSignal): Readable {
  const stream = Readable.from(body);
  // Koa 2 leaves the connection open when a stream fails.
  stream.once('error', () => ctx.res.destroy());
  // Koa reports each watcher that leaves as a premature close. Leaving is how a watcher ends, and nobody is left to answer.
  const { onerror } = ctx;
  ctx.onerror = (error) => {
    if (!gone.aborted) onerror.call(ctx, error);
  };
  return stream;
}
