import { Injectable, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createTasklatch, type EffectContext, type Task, type Tasklatch } from '@tasklatch/core';
import { describe, expect, it } from 'vitest';
import { OnSettled, TasklatchModule, TasklatchService } from '../src/index.js';
import { CALLBACKS, closing, latchOptions, loggedLines, PLATFORMS, startApp, until } from './nest-app.js';

const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const tasks = { owner: () => 'alice' };

/** A task in this store whose effects are due. */
async function dueTask(options: ReturnType<typeof latchOptions>): Promise<Task> {
  const latch = createTasklatch(options);
  latch.onSettled(() => undefined);
  return settle(latch);
}

async function settle(latch: Pick<Tasklatch<unknown>, 'submit' | 'tell'>): Promise<Task> {
  const task = await latch.submit({ provider: 'acme', input: {}, owner: 'alice' });
  await latch.tell(task.id, { status: 'succeeded', result: { files: [], data: null } });
  return task;
}

describe('a starting app', () => {
  it('runs effects once every module is ready, not before', async () => {
    const options = latchOptions();
    await dueTask(options);
    const seen: string[] = [];
    @Injectable()
    class Database implements OnModuleInit {
      state = 'connecting';

      async onModuleInit(): Promise<void> {
        await rest(100);
        this.state = 'connected';
      }

      @OnSettled()
      settled(): void {
        seen.push(this.state);
      }
    }
    await startApp('Express', { imports: [TasklatchModule.forRoot(options)], providers: [Database] });
    await until('the effect ran', () => seen.length > 0);
    expect(seen).toEqual(['connected']);
  });

  it('leaves the work to others with `autoStart: false`, and to `tick`', async () => {
    const options = latchOptions();
    await dueTask(options);
    let ran = 0;
    @Injectable()
    class Effects {
      @OnSettled()
      settled(): void {
        ran += 1;
      }
    }
    const imports = [TasklatchModule.forRoot({ ...options, autoStart: false })];
    const { app } = await startApp('Express', { imports, providers: [Effects] });
    await rest(150);
    expect(ran).toBe(0);
    await app.get<Tasklatch<unknown>>(TasklatchService).tick();
    expect(ran).toBe(1);
  });

  it('works without HTTP, as a process that only runs effects', async () => {
    const options = latchOptions();
    await dueTask(options);
    let ran = 0;
    @Injectable()
    class Effects {
      @OnSettled()
      settled(): void {
        ran += 1;
      }
    }
    @Module({ imports: [TasklatchModule.forRoot({ ...options, callbacks: CALLBACKS, tasks })], providers: [Effects] })
    class WorkerModule {}
    const { logged, logger } = loggedLines();
    const app = closing(await NestFactory.createApplicationContext(WorkerModule, { logger, abortOnError: false }));
    await until('the effect ran', () => ran === 1);
    await app.close();
    await expect(app.get<Tasklatch<unknown>>(TasklatchService).start()).rejects.toMatchObject({ code: 'stopped' });
    expect(logged).toEqual([]);
  });
});

describe('a base URL', () => {
  it.each(PLATFORMS)('that forgets the global prefix is warned of on %s', async (platform) => {
    const imports = [TasklatchModule.forRoot({ ...latchOptions(), callbacks: CALLBACKS })];
    const { logged } = await startApp(platform, { imports }, (app) => app.setGlobalPrefix('api'));
    expect(logged).toEqual([expect.stringContaining('The callback routes are mounted at /api/callbacks, and')]);
  });

  it.each(PLATFORMS)('that fits, or goes through a proxy that cuts the path, is not, on %s', async (platform) => {
    for (const baseUrl of ['http://x/api/callbacks/', 'https://x/service/api/callbacks']) {
      const imports = [TasklatchModule.forRoot({ ...latchOptions(), callbacks: { ...CALLBACKS, baseUrl } })];
      const { logged } = await startApp(platform, { imports }, (app) => app.setGlobalPrefix('api'));
      expect(logged).toEqual([]);
    }
  });
});

describe.each(PLATFORMS)('a closing app on %s', (platform) => {
  it('lets a running effect end before anything closes that closes at shutdown, and tells callbacks to come again', async () => {
    let began = false;
    let goOn: () => void = () => undefined;
    const seen: string[] = [];
    @Injectable()
    class Database implements OnApplicationShutdown {
      state = 'open';

      onApplicationShutdown(): void {
        this.state = 'closed';
      }

      @OnSettled()
      async settled(): Promise<void> {
        began = true;
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
        seen.push(this.state);
      }
    }
    const imports = [TasklatchModule.forRoot({ ...latchOptions(), callbacks: CALLBACKS })];
    const { app, url } = await startApp(platform, { imports, providers: [Database] });
    const latch = app.get<Tasklatch<unknown>>(TasklatchService);
    const waiting = await latch.submit({ provider: 'acme', input: {}, owner: 'alice' });
    await settle(latch);
    await until('the effect runs', () => began);
    let closed = false;
    const close = app.close().then(() => {
      closed = true;
    });
    const { pathname } = new URL(latch.callbackUrl('acme', waiting.id) ?? '');
    const deliver = (): Promise<number> =>
      fetch(`${url}${pathname}`, { method: 'POST', body: '{}' }).then(
        ({ headers, status }) => (headers.get('retry-after') === null ? 0 : status),
        () => -1,
      );
    await until('deliveries are told to come again', async () => (await deliver()) === 503);
    expect(closed).toBe(false);
    goOn();
    await close;
    expect(seen).toEqual(['open']);
  });

  it('aborts effects that take longer than `stopWithinMs`', async () => {
    let began = false;
    const seen: string[] = [];
    @Injectable()
    class Slow {
      @OnSettled()
      async settled(_task: Task, { signal }: EffectContext<unknown>): Promise<void> {
        began = true;
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        seen.push('aborted');
      }
    }
    const imports = [TasklatchModule.forRoot({ ...latchOptions(), stopWithinMs: 50 })];
    const { app } = await startApp(platform, { imports, providers: [Slow] });
    await settle(app.get(TasklatchService));
    await until('the effect runs', () => began);
    await app.close();
    await until('it was told', () => seen.length > 0);
  });

  it('ends live streams, so that the server can close', async () => {
    const imports = [TasklatchModule.forRoot({ ...latchOptions(), tasks })];
    const { app, url } = await startApp(platform, { imports }, undefined, { forceCloseConnections: false });
    const latch = app.get<Tasklatch<unknown>>(TasklatchService);
    const task = await latch.submit({ provider: 'acme', input: {}, owner: 'alice' });
    const stream = await fetch(`${url}/tasks/${task.id}/events`, { headers: { connection: 'close' } });
    expect(stream.status).toBe(200);
    await app.close();
    expect(await stream.text()).toContain('"status":"pending"');
  });
});
