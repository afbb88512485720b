// What a user writes, on installed packages: every adapter in a small app of its own, with a task that goes all the way.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apidot } from '@tasklatch/apidot';
import { createTasklatch, memoryStore, type Tasklatch, type TaskStore, toNodeListener } from '@tasklatch/core';
import { startEmulator } from '@tasklatch/emulator';
import { expressCallbacks, expressTasks } from '@tasklatch/express';
import { fastifyCallbacks, fastifyTasks } from '@tasklatch/fastify';
import { koaCallbacks, koaTasks } from '@tasklatch/koa';
import { sqliteStore } from '@tasklatch/sqlite';
import express from 'express';
import { fastify } from 'fastify';
import Koa from 'koa';

/** An app for each framework, as something that node:http can serve. */
const apps: Record<string, (latch: Tasklatch<unknown>) => RequestListener | Promise<RequestListener>> = {
  express(latch) {
    const app = express();
    app.use('/callbacks', expressCallbacks(latch));
    app.use('/tasks', expressTasks(latch, { owner: (request) => request.get('x-user') }));
    return app;
  },
  koa(latch) {
    const app = new Koa();
    app.use(koaCallbacks(latch, { prefix: '/callbacks' }));
    app.use(koaTasks(latch, { prefix: '/tasks', owner: (ctx) => ctx.get('x-user') }));
    return app.callback();
  },
  async fastify(latch) {
    const app = fastify();
    app.register(fastifyCallbacks, { prefix: '/callbacks', latch });
    app.register(fastifyTasks, { prefix: '/tasks', latch, owner: (request) => request.headers['x-user']?.toString() });
    await app.ready();
    return (request, response) => app.routing(request, response);
  },
  node(latch) {
    const callbacks = toNodeListener(latch.callbacks, '/callbacks');
    const owner = (request: IncomingMessage): string | undefined => request.headers['x-user']?.toString();
    const tasks = toNodeListener(latch.tasks<IncomingMessage>({ owner }), '/tasks');
    return (request, response) => callbacks(request, response, () => tasks(request, response));
  },
};

async function tryOut(name: string, app: (typeof apps)[string], store: TaskStore<unknown>): Promise<void> {
  const emulator = await startEmulator();
  let listener: RequestListener = () => undefined;
  const server = createServer((request, response) => listener(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const latch = createTasklatch<unknown>({
    store,
    providers: [apidot({ apiKey: emulator.apiKey, baseUrl: emulator.url })],
    callbacks: { baseUrl: `${url}/callbacks`, secret: 'a secret of at least thirty-two characters' },
  });
  const settled: string[] = [];
  latch.onSettled(async (task) => void settled.push(task.status));
  listener = await app(latch);
  await latch.start();

  const input = { prompt: `a boat by ${name}` };
  const task = await latch.submit({ provider: 'apidot', model: 'gpt-image-2', input, owner: 'ann', key: name });
  const events = await fetch(`${url}/tasks/${task.id}/events`, { headers: { 'x-user': 'ann' } });
  assert.match(await events.text(), /"status":"succeeded"/);
  assert.equal((await fetch(`${url}/tasks/${task.id}`, { headers: { 'x-user': 'bob' } })).status, 404);
  await emulator.idle();
  await latch.stop();
  assert.deepEqual(settled, ['succeeded']);
  assert.deepEqual(emulator.counts().callbackAnswers, { 200: 1 });
  await emulator.close();
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

async function main(): Promise<void> {
  for (const [name, app] of Object.entries(apps)) await tryOut(name, app, memoryStore());
  const folder = mkdtempSync(join(tmpdir(), 'tasklatch-smoke-'));
  const store = sqliteStore({ file: join(folder, 'tasks.db') });
  for (const [name, app] of Object.entries(apps)) await tryOut(name, app, store);
  await store.close?.();
  rmSync(folder, { recursive: true, force: true });
  console.log(`a task went all the way in ${Object.keys(apps).join(', ')}`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
