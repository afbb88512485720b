import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Tasklatch, toNodeListener } from '@tasklatch/core';
import { expressCallbacks } from '@tasklatch/express';
import { fastifyCallbacks } from '@tasklatch/fastify';
import express from 'express';
import fastify from 'fastify';
import { PATH } from './webhook.js';

export const FRAMEWORKS = ['node', 'express', 'fastify'] as const;
export type Framework = (typeof FRAMEWORKS)[number];

/** Serves the latch's callbacks with an adapter, or without a latch a bare route that answers 200. */
export async function serve(framework: Framework, latch: Tasklatch<unknown> | null): Promise<number> {
  switch (framework) {
    case 'node': {
      if (latch !== null) return listen(toNodeListener(latch.callbacks, '/callbacks'));
      return listen((_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': 11 }).end('{"ok":true}');
      });
    }
    case 'express': {
      const app = express();
      if (latch === null) app.post(PATH, (_request, response) => void response.json({ ok: true }));
      else app.use('/callbacks', expressCallbacks(latch));
      return listen(app);
    }
    case 'fastify': {
      const app = fastify();
      if (latch === null) {
        app.removeAllContentTypeParsers();
        app.addContentTypeParser('*', (_request, _payload, done) => done(null));
        app.post(PATH, async () => ({ ok: true }));
      } else await app.register(fastifyCallbacks, { prefix: '/callbacks', latch });
      await app.listen({ port: 0, host: '127.0.0.1' });
      return (app.server.address() as AddressInfo).port;
    }
  }
}

export async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
