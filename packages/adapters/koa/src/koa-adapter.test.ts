import type { AddressInfo } from 'node:net';
import Router from '@koa/router';
import { type AdapterParts, type BodyParser, type ServeAdapter, testAdapterContract } from '@tasklatch/testing';
import Koa, { type Context, type Middleware } from 'koa';
import { koaBody } from 'koa-body';
import bodyParser from 'koa-bodyparser';
import compress from 'koa-compress';
import mount from 'koa-mount';
import Koa2 from 'koa2';
import { describe, expect, it } from 'vitest';
import { koaCallbacks, koaTasks } from './index.js';

type Parsers = (parser: BodyParser) => Middleware | undefined;

/** Reads any body, as apps do where no parser of Koa's fits. */
const collect =
  (kept: (bytes: Buffer) => unknown): Middleware =>
  async (ctx, next) => {
    const chunks: Buffer[] = [];
    for await (const chunk of ctx.req) chunks.push(chunk);
    Object.assign(ctx.request, { body: kept(Buffer.concat(chunks)) });
    await next();
  };

const ofBodyParser: Parsers = (parser) => {
  if (parser === 'none') return undefined;
  if (parser === 'raw') return collect((bytes) => bytes);
  if (parser === 'text') return collect((bytes) => bytes.toString());
  return bodyParser({ enableTypes: [parser === 'urlencoded' ? 'form' : 'json'] });
};

const ofKoaBody: Parsers = (parser) => {
  if (parser === 'none') return undefined;
  if (parser === 'raw' || parser === 'text') return ofBodyParser(parser);
  const form = parser === 'urlencoded';
  return koaBody({ json: !form, urlencoded: form, text: false, includeUnparsed: parser === 'rawBody' });
};

/** The ways to mount: with the `prefix` option, as routes of @koa/router, and under koa-mount. */
type Mount = (app: Koa, parts: AdapterParts) => void;
const userOf =
  ({ owner }: AdapterParts) =>
  (ctx: Context): string | undefined =>
    owner(ctx.get('x-user') || undefined);

const byPrefix: Mount = (app, parts) => {
  app.use(koaCallbacks(parts.latch, { prefix: parts.callbacksAt }));
  app.use(koaTasks(parts.latch, { ...parts.tasks, prefix: parts.tasksAt, owner: userOf(parts) }));
};

const byRouter: Mount = (app, parts) => {
  const router = new Router();
  const { callbacksAt, latch, tasks, tasksAt } = parts;
  router.all([callbacksAt, `${callbacksAt}/{*rest}`], koaCallbacks(latch, { prefix: callbacksAt }));
  router.all([tasksAt, `${tasksAt}/{*rest}`], koaTasks(latch, { ...tasks, prefix: tasksAt, owner: userOf(parts) }));
  app.use(router.routes());
};

const byMount: Mount = (app, parts) => {
  app.use(mount(parts.callbacksAt, koaCallbacks(parts.latch)));
  app.use(mount(parts.tasksAt, koaTasks(parts.latch, { ...parts.tasks, owner: userOf(parts) })));
};

const errors: Middleware = async (ctx, next) => {
  try {
    await next();
  } catch (error) {
    ctx.status = 500;
    ctx.set('x-app-error', error instanceof Error ? error.message : 'unknown');
    ctx.body = "the app's own error page";
  }
};

const own: Middleware = async (ctx, next) => {
  if (ctx.path !== '/own') return next();
  ctx.set('x-own', 'yes');
  ctx.body = { body: ctx.request.body };
};

const serveWith =
  (Framework: typeof Koa, parsers: Parsers, mountIn: Mount, seen: Error[] = []): ServeAdapter =>
  async (parts) => {
    const app = new Framework();
    app.on('error', (error) => seen.push(error));
    app.use(compress({ threshold: 0 }));
    app.use(errors);
    const parser = parsers(parts.parser);
    if (parser !== undefined) app.use(parser);
    mountIn(app, parts);
    app.use(own);
    const server = app.listen(0, '127.0.0.1');
    await new Promise<void>((resolve) => server.once('listening', () => resolve()));
    const { port } = server.address() as AddressInfo;
    return {
      url: `http://127.0.0.1:${port}`,
      close: () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    };
  };

// The types of 2 and 3 differ in what this test does not use.
const koa2 = Koa2 as unknown as typeof Koa;
const runner = { describe, it, expect };
testAdapterContract('koa 3 with koa-bodyparser', serveWith(Koa, ofBodyParser, byPrefix), runner);
testAdapterContract('koa 3 with koa-body and @koa/router', serveWith(Koa, ofKoaBody, byRouter), runner);
testAdapterContract('koa 2 with koa-bodyparser and koa-mount', serveWith(koa2, ofBodyParser, byMount), runner);
testAdapterContract('koa 2 with koa-body', serveWith(koa2, ofKoaBody, byPrefix), runner);
