import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { serve as serveHono } from '@hono/node-server';
import { toFetchHandler } from '@tasklatch/core';
import { Hono } from 'hono';
import { compress } from 'hono/compress';
import { describe, expect, it } from 'vitest';
import type { AdapterParts, BodyParser, ServeAdapter } from './adapter-parts.js';
import { testAdapterContract } from './test-adapter-contract.js';

const runner = { describe, it, expect };
const ownerOf =
  ({ owner }: AdapterParts) =>
  (request: Request): string | undefined =>
    owner(request.headers.get('x-user') ?? undefined);

/** In the fetch standard a body is read once, so what looks at it first reads a clone. */
async function look(request: Request, parser: BodyParser): Promise<unknown> {
  const type = request.headers.get('content-type') ?? '';
  if (parser === 'json' || parser === 'rawBody') return type === 'application/json' ? readJson(request) : null;
  if (parser === 'urlencoded') return type.includes('urlencoded') ? request.clone().formData() : null;
  if (parser === 'text') return request.clone().text();
  if (parser === 'raw') return request.clone().arrayBuffer();
  return null;
}

async function readJson(request: Request): Promise<unknown> {
  const text = await request.clone().text();
  return text === '' ? null : JSON.parse(text);
}

const close = (server: ReturnType<typeof createServer>): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

const serveInHono: ServeAdapter = async (parts) => {
  const { callbacksAt, latch, parser, tasks, tasksAt } = parts;
  const app = new Hono<{ Variables: { body: unknown } }>();
  app.use(compress({ threshold: 0 }));
  app.onError((error, c) => c.text("the app's own error page", 500, { 'x-app-error': error.message }));
  app.use(async (c, next) => {
    c.set('body', await look(c.req.raw, parser));
    await next();
  });
  const callbacks = toFetchHandler(latch.callbacks, callbacksAt);
  const taskRoutes = toFetchHandler(latch.tasks<Request>({ ...tasks, owner: ownerOf(parts) }), tasksAt);
  app.all(`${callbacksAt}/*`, (c) => callbacks(c.req.raw));
  app.all(`${tasksAt}/*`, (c) => taskRoutes(c.req.raw));
  app.post('/own', (c) => c.json({ body: c.get('body') }, 200, { 'x-own': 'yes' }));
  let server: ReturnType<typeof createServer> | undefined;
  const { port } = await new Promise<AddressInfo>((resolve) => {
    // Without options it makes a server of node:http.
    server = serveHono({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, resolve) as typeof server;
  });
  return { url: `http://127.0.0.1:${port}`, close: async () => (server === undefined ? undefined : close(server)) };
};

/** A route handler as Next.js wants it: `app/callbacks/[...path]/route.ts` exports one function for each method. */
const routeHandlers = (handler: (request: Request) => Promise<Response>) => ({
  GET: handler,
  HEAD: handler,
  OPTIONS: handler,
  POST: handler,
  PUT: handler,
  PATCH: handler,
  DELETE: handler,
});
const isMethod = (method: string): method is keyof ReturnType<typeof routeHandlers> => method in routeHandlers(never);
const never = (): Promise<never> => Promise.reject(new Error('Never called.'));

/** A host in as few lines as possible: Node in, `Request` and `Response` in between, Node out. */
const serveRouteHandlers: ServeAdapter = async (parts) => {
  const { callbacksAt, latch, parser, tasks, tasksAt } = parts;
  const routes = {
    [callbacksAt]: routeHandlers(toFetchHandler(latch.callbacks, callbacksAt)),
    [tasksAt]: routeHandlers(toFetchHandler(latch.tasks<Request>({ ...tasks, owner: ownerOf(parts) }), tasksAt)),
  };
  async function answer(request: Request): Promise<Response> {
    const { method, url } = request;
    const { pathname } = new URL(url);
    const body = await look(request, parser);
    if (pathname === '/own') return Response.json({ body }, { headers: { 'x-own': 'yes' } });
    const mount = Object.keys(routes).find((at) => pathname === at || pathname.startsWith(`${at}/`));
    const route = mount === undefined ? undefined : routes[mount];
    if (route === undefined || !isMethod(method)) return new Response('nothing here', { status: 404 });
    return route[method](request);
  }
  async function listener(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { headers, method = 'GET', rawHeaders, url = '/' } = incoming;
    const pairs = rawHeaders.flatMap((name, at) =>
      at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ''] as [string, string]] : [],
    );
    const gone = new AbortController();
    outgoing.once('close', () => gone.abort());
    const hasBody =
      method !== 'GET' &&
      method !== 'HEAD' &&
      (headers['content-length'] ?? headers['transfer-encoding']) !== undefined;
    const request = new Request(new URL(url, 'http://127.0.0.1'), {
      method,
      headers: pairs.filter(([name]) => !/^(connection|transfer-encoding|host)$/i.test(name)),
      ...(hasBody ? { body: Readable.toWeb(incoming) as ReadableStream, duplex: 'half' as const } : {}),
      signal: gone.signal,
    });
    const response = await answer(request).catch(
      (error: Error) =>
        new Response("the app's own error page", { status: 500, headers: { 'x-app-error': error.message } }),
    );
    // What is left of such a body is nobody's to read.
    if (response.status === 413) outgoing.shouldKeepAlive = false;
    outgoing.writeHead(response.status, [...response.headers].flat());
    outgoing.flushHeaders();
    try {
      for await (const chunk of response.body ?? []) outgoing.write(chunk);
      outgoing.end();
    } catch {
      outgoing.destroy();
    }
  }
  const server = createServer((incoming, outgoing) => void listener(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => close(server) };
};

testAdapterContract('Hono on @hono/node-server', serveInHono, runner);
testAdapterContract('route handlers on Request and Response', serveRouteHandlers, runner);
