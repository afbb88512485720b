import type { AddressInfo } from 'node:net';
import { createTasklatch, memoryStore, type Task, type Tasklatch } from '@tasklatch/core';
import { scriptedProvider } from '@tasklatch/testing';
import express, { type ErrorRequestHandler, type Express, type Request } from 'express';
import express4 from 'express4';
import { afterEach, describe, expect, it } from 'vitest';
import { expressCallbacks, expressTasks } from './index.js';

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

async function listen(app: Express): Promise<string> {
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  open.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

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

// The types of 4 and 5 differ in what these tests do not use.
describe.each([
  ['5', express],
  ['4', express4 as unknown as typeof express],
])('in express %s', (_major, framework) => {
  it('serves from nested routers, below mount paths with parameters', async () => {
    const { latch, path, submit } = aLatch();
    const router = framework.Router();
    router.use('/hooks', expressCallbacks(latch));
    const app = framework().use('/tenants/:tenant', router);
    const url = await listen(app);
    const task = await submit();
    const body = JSON.stringify({ status: 'succeeded' });
    const answer = await fetch(`${url}/tenants/a%2Fb/hooks${path(task)}`, { method: 'POST', body });
    expect(answer.status).toBe(200);
    expect((await latch.get({ id: task.id }))?.status).toBe('succeeded');
  });

  it("gives `owner` Express's own request, with what middleware put on it", async () => {
    const { latch, submit } = aLatch();
    const app = framework();
    app.use((request, _response, next) => {
      Object.assign(request, { user: { id: 'alice' } });
      next();
    });
    const owner = (request: Request & { user?: { id: string } }): string | undefined => request.user?.id;
    app.use('/tasks', expressTasks(latch, { owner }));
    const task = await submit();
    const answer = await fetch(`${await listen(app)}/tasks/${task.id}`);
    expect(await answer.json()).toMatchObject({ id: task.id });
  });

  it('hands on an error even when nothing at all was thrown', async () => {
    const { latch } = aLatch();
    const app = framework();
    const nothing: unknown = undefined;
    app.use('/tasks', expressTasks(latch, { owner: () => Promise.reject(nothing) }));
    const errors: ErrorRequestHandler = (_error, _request, response, _next) => void response.status(500).end('caught');
    app.use(errors);
    expect(await (await fetch(`${await listen(app)}/tasks`)).text()).toBe('caught');
  });

  it('leaves a request alone that something else has answered meanwhile', async () => {
    const { latch, path, submit } = aLatch();
    const app = framework();
    app.use((_request, response, next) => {
      response.status(504).end('too late');
      next();
    });
    app.use('/callbacks', expressCallbacks(latch));
    const errors: unknown[] = [];
    const onError: ErrorRequestHandler = (error, _request, _response, _next) => void errors.push(error);
    app.use(onError);
    const task = await submit();
    const answer = await fetch(`${await listen(app)}/callbacks${path(task)}`, { method: 'POST', body: '{}' });
    expect(answer.status).toBe(504);
    expect(errors).toEqual([]);
  });
});
