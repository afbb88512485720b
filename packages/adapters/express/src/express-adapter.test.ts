import type { AddressInfo } from 'node:net';
import { type AdapterParts, type ServeAdapter, testAdapterContract } from '@tasklatch/testing';
import compression from 'compression';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import express4 from 'express4';
import { describe, expect, it } from 'vitest';
import { expressCallbacks, expressTasks } from './index.js';

/** The two majors are used through what they have in common. */
type Express = typeof express;

function parserOf(framework: Express, parser: AdapterParts['parser']): RequestHandler | undefined {
  switch (parser) {
    case 'none':
      return undefined;
    case 'json':
      return framework.json();
    case 'urlencoded':
      return framework.urlencoded({ extended: true });
    case 'text':
      return framework.text({ type: () => true });
    case 'raw':
      return framework.raw({ type: () => true });
    case 'rawBody':
      return framework.json({
        verify: (request, _response, rawBody) => void Object.assign(request, { rawBody }),
      });
  }
}

const serveWith =
  (framework: Express): ServeAdapter =>
  async ({ callbacksAt, latch, owner, parser, tasks, tasksAt }) => {
    const app = framework();
    app.use(compression({ threshold: 0 }));
    const first = parserOf(framework, parser);
    if (first !== undefined) app.use(first);
    app.use(callbacksAt, expressCallbacks(latch));
    app.use(tasksAt, expressTasks(latch, { ...tasks, owner: (request) => owner(request.get('x-user')) }));
    app.post('/own', (request, response) => void response.set('x-own', 'yes').json({ body: request.body }));
    const errors: ErrorRequestHandler = (error: Error, _request, response, next) => {
      if (response.headersSent) return next(error);
      response.status(500).set('x-app-error', error.message).send("the app's own error page");
    };
    app.use(errors);
    const server = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
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

testAdapterContract('express 5', serveWith(express), { describe, it, expect });
// The types of 4 and 5 differ in what this test does not use.
testAdapterContract('express 4', serveWith(express4 as unknown as Express), { describe, it, expect });
