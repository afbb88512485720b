import compress from '@fastify/compress';
import compress7 from '@fastify/compress7';
import { type BodyParser, type ServeAdapter, testAdapterContract } from '@tasklatch/testing';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import fastify4 from 'fastify4';
import { describe, expect, it } from 'vitest';
import { fastifyCallbacks, fastifyTasks } from './index.js';

/** The parsers that an app may have for its other routes. JSON is there without asking. */
function addParser(app: FastifyInstance, parser: BodyParser): void {
  if (parser === 'text')
    app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  if (parser === 'raw')
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  if (parser === 'urlencoded')
    app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
      done(null, Object.fromEntries(new URLSearchParams(body.toString()))),
    );
  if (parser === 'rawBody')
    app.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer' },
      (request: FastifyRequest & { rawBody?: unknown }, body, done) => {
        request.rawBody = body;
        done(null, JSON.parse(body.toString()));
      },
    );
}

const serveWith =
  (framework: typeof fastify, compression: typeof compress): ServeAdapter =>
  async ({ callbacksAt, latch, owner, parser, tasks, tasksAt }) => {
    const app = framework({ forceCloseConnections: true });
    await app.register(compression, { threshold: 0 });
    addParser(app, parser);
    app.setErrorHandler((error: Error, _request, reply) =>
      reply.code(500).header('x-app-error', error.message).send("the app's own error page"),
    );
    await app.register(fastifyCallbacks, { prefix: callbacksAt, latch });
    const userOf = (request: FastifyRequest): string | undefined => owner(request.headers['x-user']?.toString());
    await app.register(fastifyTasks, { prefix: tasksAt, latch, ...tasks, owner: userOf });
    app.post('/own', (request, reply) => reply.header('x-own', 'yes').send({ body: request.body }));
    return { url: await app.listen({ host: '127.0.0.1', port: 0 }), close: () => app.close() };
  };

testAdapterContract('fastify 5', serveWith(fastify, compress), { describe, it, expect });
// The types of 4 and 5 differ in what this test does not use.
testAdapterContract(
  'fastify 4',
  serveWith(fastify4 as unknown as typeof fastify, compress7 as unknown as typeof compress),
  {
    describe,
    it,
    expect,
  },
);
