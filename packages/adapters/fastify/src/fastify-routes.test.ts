import { get, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:http2';
import { text } from 'node:stream/consumers';
import { setTimeout as rest } from 'node:timers/promises';
import { createGunzip, gzipSync } from 'node:zlib';
import { createTasklatch, memoryStore, type Task, type Tasklatch } from '@tasklatch/core';
import { scriptedProvider } from '@tasklatch/testing';
import fastify, { type FastifyInstance, type FastifyPluginAsync } from 'fastify';
import rawBody from 'fastify-raw-body';
import fastify4 from 'fastify4';
import { afterEach, describe, expect, it } from 'vitest';
import { fastifyCallbacks, fastifyTasks } from './index.js';

const open: FastifyInstance[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((app) => app.close()));
});

function aLatch(): { latch: Tasklatch; submit(): Promise<Task>; path(task: Task): string } {
  const latch = createTasklatch<undefined>({
    store: memoryStore(),
    providers: [scriptedProvider({ confirm: 'never' })],
    callbacks: { baseUrl: 'http://app.test', secret: 'a secret for tests, at least 32 characters long' },
  });
  return {
    latch,
    submit: () => latch.submit({ provider: 'acme', input: {}, owner: 'alice' }),
    path: (task) => new URL(latch.callbackUrl('acme', task.id) ?? '').pathname,
  };
}

const DONE = JSON.stringify({ status: 'succeeded' });
const JSON_TYPE = { 'content-type': 'application/json' };

// The types of 4 and 5 differ in what these tests do not use.
describe.each([
  ['5', fastify],
  ['4', fastify4 as unknown as typeof fastify],
])('in fastify %s', (major, framework) => {
  const make = (): FastifyInstance => {
    const app = framework({ logger: false });
    open.push(app);
    return app;
  };

  it('runs the hooks of the app, and answers `inject`', async () => {
    const { latch, path, submit } = aLatch();
    const app = make();
    const ran: string[] = [];
    app.addHook('onRequest', async () => void ran.push('onRequest'));
    app.addHook('preHandler', async () => void ran.push('preHandler'));
    app.addHook('onSend', async () => void ran.push('onSend'));
    app.addHook('onResponse', async () => void ran.push('onResponse'));
    app.register(fastifyCallbacks, { prefix: '/callbacks', latch });
    const task = await submit();
    const answer = await app.inject({ method: 'POST', url: `/callbacks${path(task)}`, headers: JSON_TYPE, body: DONE });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ ok: true });
    await expect.poll(() => ran).toEqual(['onRequest', 'preHandler', 'onSend', 'onResponse']);
    expect((await latch.get({ id: task.id }))?.status).toBe('succeeded');
  });

  it('serves below prefixes of nested plugins, with parameters and trailing slashes', async () => {
    const { latch, path, submit } = aLatch();
    const app = make();
    app.register(
      async (tenants) => {
        tenants.register(fastifyCallbacks, { prefix: '/hooks', latch });
        tenants.register(fastifyTasks, { prefix: '/tasks', latch, owner: ({ params }) => ownerIn(params) });
      },
      { prefix: '/tenants/:tenant' },
    );
    const task = await submit();
    const url = `/tenants/a%2Fb/hooks${path(task)}`;
    expect((await app.inject({ method: 'POST', url, headers: JSON_TYPE, body: DONE })).statusCode).toBe(200);
    for (const list of ['/tenants/alice/tasks', '/tenants/alice/tasks/', '/tenants/alice/tasks?limit=3'])
      expect((await app.inject(list)).json().tasks).toHaveLength(1);
    expect((await app.inject('/tenants/bob/tasks')).json().tasks).toHaveLength(0);
  });

  it('logs requests as the app does, without the token of the callback URL', async () => {
    const { latch, path, submit } = aLatch();
    const lines: string[] = [];
    const stream = { write: (line: string) => void lines.push(line) };
    for (const logger of [
      { stream },
      { stream, serializers: { req: ({ url }: { url: string }) => ({ url, own: 'yes' }) } },
    ]) {
      const app = framework({ logger });
      open.push(app);
      app.register(fastifyCallbacks, { prefix: '/api/callbacks', latch });
      const task = await submit();
      const answer = await app.inject({
        method: 'POST',
        url: `/api/callbacks${path(task)}/?a=1`,
        headers: JSON_TYPE,
        body: DONE,
      });
      expect(answer.statusCode).toBe(200);
      const token = path(task).split('/').at(-1) ?? '';
      expect(token.length).toBeGreaterThan(20);
      expect(lines.join('')).not.toContain(token);
    }
    const shown = lines.map((line) => JSON.parse(line)).flatMap(({ req }) => (req === undefined ? [] : [req]));
    expect(shown).toMatchObject([
      { method: 'POST', url: '/api/callbacks/acme/…' },
      { url: '/api/callbacks/acme/…', own: 'yes' },
    ]);
    expect(lines.join('')).toContain('request completed');
  });

  it("leaves the app's parsers alone: they refuse what they refused before", async () => {
    const { latch } = aLatch();
    const app = make();
    app.register(fastifyCallbacks, { prefix: '/callbacks', latch });
    app.post('/own', async ({ body }) => ({ body }));
    const send = (headers: Record<string, string>, body: string): Promise<number> =>
      app.inject({ method: 'POST', url: '/own', headers, body }).then(({ statusCode }) => statusCode);
    expect(await send(JSON_TYPE, '{"a":1}')).toBe(200);
    expect(await send(JSON_TYPE, '{"a":')).toBe(400);
    expect(await send({ 'content-type': 'application/x-other' }, 'x')).toBe(415);
  });

  it('closes though streams are open, ends them, and stops the latch if told', async () => {
    const { latch, submit } = aLatch();
    const app = make();
    app.register(fastifyCallbacks, { prefix: '/callbacks', latch, stopLatch: true });
    app.register(fastifyTasks, { prefix: '/tasks', latch, owner: () => 'alice' });
    const task = await submit();
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const streamed = text(await openStream(`${url}/tasks/${task.id}/events`));
    await app.close();
    expect(await streamed).toContain(task.id);
    await expect(submit()).rejects.toMatchObject({ code: 'stopped' });
  });

  it('ends its streams on close without stopping the latch, unless told', async () => {
    const { latch, submit } = aLatch();
    const app = make();
    app.register(fastifyTasks, { prefix: '/tasks', latch, owner: () => 'alice' });
    const task = await submit();
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const streamed = text(await openStream(`${url}/tasks/${task.id}/events`));
    await app.close();
    expect(await streamed).toContain(task.id);
    expect((await submit()).status).toBe('pending');
  });

  // The plugin is for Fastify 5; what it does to a body is the same in any major.
  if (major === '5')
    it('reads the body itself beside fastify-raw-body and a slow hook', async () => {
      const { latch, path, submit } = aLatch();
      const app = make();
      await app.register(rawBody, { runFirst: true });
      app.addHook('preHandler', () => rest(30));
      app.register(fastifyCallbacks, { prefix: '/callbacks', latch });
      const task = await submit();
      const url = `${await app.listen({ host: '127.0.0.1', port: 0 })}/callbacks${path(task)}`;
      const sending = request(url, { method: 'POST', headers: JSON_TYPE, agent: false });
      const answer = new Promise<IncomingMessage>((resolve) => sending.on('response', resolve));
      // The hook is over before the rest of the body comes.
      sending.write(DONE.padEnd(100));
      await rest(150);
      sending.end(' '.repeat(200));
      expect((await answer).statusCode).toBe(200);
      const { entries } = await latch.ledger({ taskId: task.id });
      expect(entries.at(-1)?.fact.delivery?.bodyBytes).toBe(300);
    });

  it('works over HTTP/2', async () => {
    const { latch, path, submit } = aLatch();
    const app = framework({ http2: true, logger: false });
    app.register(fastifyCallbacks as FastifyPluginAsync, { prefix: '/callbacks', latch } as object);
    app.register(fastifyTasks as FastifyPluginAsync, { prefix: '/tasks', latch, owner: () => 'alice' } as object);
    const session = connect(await app.listen({ host: '127.0.0.1', port: 0 }));
    const task = await submit();
    const stream = session.request({ ':path': `/tasks/${task.id}/events` });
    const streamed = text(stream);
    const delivery = { ':method': 'POST', ':path': `/callbacks${path(task)}`, ...JSON_TYPE };
    expect(JSON.parse(await text(session.request(delivery).end(DONE)))).toEqual({ ok: true });
    expect(await streamed).toContain('"status":"succeeded"');
    const left = session.request({ ':path': '/tasks' });
    expect(JSON.parse(await text(left)).tasks).toHaveLength(1);
    session.destroy();
    await app.close();
  });

  it('reads the stream that a hook put in place of the body', async () => {
    const { latch, path, submit } = aLatch();
    const app = make();
    app.addHook('preParsing', async (_request, _reply, payload) => payload.pipe(createGunzip()));
    app.register(fastifyCallbacks, { prefix: '/callbacks', latch });
    const task = await submit();
    const body = gzipSync(DONE);
    const answer = await app.inject({ method: 'POST', url: `/callbacks${path(task)}`, headers: JSON_TYPE, body });
    expect(answer.statusCode).toBe(200);
    expect((await latch.get({ id: task.id }))?.status).toBe('succeeded');
  });
});

const openStream = (url: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => void get(url, { agent: false }, resolve).on('error', reject));

const ownerIn = (params: unknown): string | undefined =>
  typeof params === 'object' && params !== null && 'tenant' in params ? String(params.tenant) : undefined;
