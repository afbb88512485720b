import type { AddressInfo } from 'node:net';
import { setTimeout as rest } from 'node:timers/promises';
import { createTasklatch, memoryStore, type Task, type Tasklatch } from '@tasklatch/core';
import { scriptedProvider } from '@tasklatch/testing';
import Koa from 'koa';
import Koa2 from 'koa2';
import { afterEach, describe, expect, it } from 'vitest';
import { koaCallbacks, koaTasks } from './index.js';

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

async function listen(app: Koa): Promise<string> {
  const server = app.listen(0, '127.0.0.1');
  await new Promise<void>((resolve) => server.once('listening', () => resolve()));
  open.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function aLatch(): { latch: Tasklatch; submit(): Promise<Task> } {
  const latch = createTasklatch<undefined>({
    store: memoryStore(),
    providers: [scriptedProvider({ confirm: 'never' })],
    callbacks: { baseUrl: 'http://app.test', secret: 'a secret for tests, at least 32 characters long' },
  });
  return { latch, submit: () => latch.submit({ provider: 'acme', input: {}, owner: 'alice' }) };
}

// The types of 2 and 3 differ in what these tests do not use.
describe.each([
  ['3', Koa],
  ['2', Koa2 as unknown as typeof Koa],
])('in koa %s', (_major, Framework) => {
  it("throws the app's errors, so that Koa answers 500 and tells the app", async () => {
    const { latch } = aLatch();
    const app = new Framework();
    const told: string[] = [];
    app.on('error', (error: Error) => told.push(error.message));
    const owner = (): string => {
      throw new Error('no database');
    };
    app.use(koaTasks(latch, { prefix: '/tasks', owner }));
    expect((await fetch(`${await listen(app)}/tasks`)).status).toBe(500);
    expect(told).toEqual(['no database']);
  });

  it('is no error when a watcher leaves, and one when a stream breaks', async () => {
    const { latch, submit } = aLatch();
    const app = new Framework();
    const told: string[] = [];
    app.on('error', (error: Error) => told.push(error.message));
    let broken = false;
    const expose = (): Record<string, unknown> => {
      if (broken) throw new Error('cannot show it');
      return {};
    };
    app.use(koaTasks(latch, { prefix: '/tasks', owner: () => 'alice', expose }));
    const task = await submit();
    const url = `${await listen(app)}/tasks/${task.id}/events`;
    for (let watcher = 0; watcher < 3; watcher += 1) {
      const leave = new AbortController();
      const answer = await fetch(url, { signal: leave.signal });
      await answer.body?.getReader().read();
      leave.abort();
    }
    await rest(200);
    expect(told).toEqual([]);
    broken = true;
    await fetch(url)
      .then((answer) => answer.text())
      .catch(() => undefined);
    expect(told).toEqual(['cannot show it']);
  });

  it('lets middleware go on after its `next()` while a stream is open, and set headers there', async () => {
    const { latch, submit } = aLatch();
    const app = new Framework();
    let unwound = false;
    app.use(async (ctx, next) => {
      await next();
      ctx.set('x-after', 'yes');
      unwound = true;
    });
    app.use(koaTasks(latch, { prefix: '/tasks', owner: () => 'alice' }));
    const task = await submit();
    const leave = new AbortController();
    const answer = await fetch(`${await listen(app)}/tasks/${task.id}/events`, { signal: leave.signal });
    expect(unwound).toBe(true);
    expect(answer.headers.get('x-after')).toBe('yes');
    leave.abort();
  });

  it("gives `owner` Koa's context, and passes other paths on", async () => {
    const { latch, submit } = aLatch();
    const app = new Framework();
    app.use(async (ctx, next) => {
      ctx.state.user = { id: 'alice' };
      await next();
    });
    app.use(koaCallbacks(latch, { prefix: '/callbacks' }));
    app.use(koaTasks(latch, { prefix: '/tasks', owner: (ctx) => ctx.state.user?.id }));
    app.use((ctx) => {
      ctx.body = 'the app';
    });
    const task = await submit();
    const url = await listen(app);
    expect(await (await fetch(`${url}/tasks/${task.id}`)).json()).toMatchObject({ id: task.id });
    expect(await (await fetch(`${url}/tasksandmore`)).text()).toBe('the app');
  });
});
