import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toNodeListener } from '@tasklatch/core';
import type { AdapterParts, ServedAdapter } from './adapter-parts.js';

/** Reads the body as hand-written servers do; answers what it leaves on the request. */
async function parse(request: IncomingMessage, parser: AdapterParts['parser']): Promise<{ readonly body?: unknown }> {
  const type = request.headers['content-type'] ?? '';
  const json = type.startsWith('application/json');
  const form = type.startsWith('application/x-www-form-urlencoded');
  const wanted = { none: false, json, rawBody: json, urlencoded: form, text: true, raw: true }[parser];
  if (!wanted) return {};
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const text = bytes.toString();
  if (parser === 'raw') return { body: bytes };
  if (parser === 'text') return { body: text };
  if (parser === 'urlencoded') return { body: formOf(new URLSearchParams(text)) };
  const body: unknown = text === '' ? {} : JSON.parse(text);
  return parser === 'rawBody' ? { body, ...{ rawBody: bytes } } : { body };
}

function formOf(form: URLSearchParams): Record<string, string | string[] | undefined> {
  const pairs = [...new Set(form.keys())].map((key) => {
    const all = form.getAll(key);
    return [key, all.length > 1 ? all : all[0]] as const;
  });
  return Object.fromEntries(pairs);
}

/** An app on nothing but node:http. `toListener` is what is under test: the core's own, or one that a test broke. */
export async function serveNodeApp(parts: AdapterParts, toListener = toNodeListener): Promise<ServedAdapter> {
  const { callbacksAt, latch, owner, parser, tasks, tasksAt } = parts;
  const userOf = (request: IncomingMessage): string | undefined => {
    const user = request.headers['x-user'];
    return owner(Array.isArray(user) ? user[0] : user);
  };
  const callbackRoutes = toListener(latch.callbacks, callbacksAt);
  const taskRoutes = toListener(latch.tasks<IncomingMessage>({ ...tasks, owner: userOf }), tasksAt);
  const failed = (response: ServerResponse, error: unknown): void => {
    if (response.headersSent) return void response.destroy();
    response.writeHead(500, { 'x-app-error': error instanceof Error ? error.message : 'unknown' });
    response.end("the app's own error page");
  };
  const server = createServer(async (request, response) => {
    const left = await parse(request, parser);
    Object.assign(request, left);
    if (request.url === '/own') {
      response.writeHead(200, { 'x-own': 'yes' }).end(JSON.stringify({ body: left.body }));
      return;
    }
    callbackRoutes(request, response, (error) => {
      if (error !== undefined) return failed(response, error);
      taskRoutes(request, response, (error) => {
        if (error !== undefined) return failed(response, error);
        response.writeHead(404).end('nothing here');
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
