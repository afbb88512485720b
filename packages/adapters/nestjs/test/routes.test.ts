import {
  Body,
  type CallHandler,
  type CanActivate,
  Controller,
  type ExecutionContext,
  ForbiddenException,
  Global,
  Inject,
  Injectable,
  type MiddlewareConsumer,
  Module,
  type NestInterceptor,
  Post,
  Req,
  SetMetadata,
  UnauthorizedException,
  VersioningType,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, Reflector, RouterModule } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Provider, RawDelivery, Tasklatch } from '@tasklatch/core';
import { scriptedProvider } from '@tasklatch/testing';
import { map, type Observable, timeout } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { getTasklatchToken, TasklatchModule, TasklatchService } from '../src/index.js';
import { CALLBACKS, latchOptions, PLATFORMS, type RunningApp, SECRET, startApp } from './nest-app.js';

const ODD = '{ "status":"succeeded" , "text": "\\u00e9"}';

/** A sender that signs its bytes, and what of it arrived. */
function signing(name = 'acme') {
  const acme = scriptedProvider({ name, confirm: 'never' });
  const seen: string[] = [];
  const { callbacks } = acme;
  if (callbacks === undefined) throw new Error('It has callbacks.');
  const provider: Provider<never> = {
    ...acme,
    callbacks: {
      ...callbacks,
      needsExactBody: true,
      authenticate(delivery: RawDelivery) {
        seen.push(Buffer.from(delivery.body).toString());
        return callbacks.authenticate(delivery);
      },
    },
  };
  return { provider, seen, options: { ...latchOptions(acme), providers: [provider] } };
}

const owner = (request: { headers: Record<string, string | string[] | undefined> }): string | undefined =>
  request.headers['x-user']?.toString();

async function deliver(
  { app, url }: RunningApp,
  at: string,
  { token = getTasklatchToken(), provider = 'acme', headers = {} }: DeliverOptions = {},
): Promise<Response> {
  const latch = app.get<Tasklatch<unknown>>(token, { strict: false });
  const task = await latch.submit({ provider, input: {}, owner: 'alice' });
  const secret = new URL(latch.callbackUrl(provider, task.id) ?? '').pathname.split('/').at(-1);
  return fetch(`${url}${at}/${provider}/${secret}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-signature': 'good', ...headers },
    body: ODD,
  });
}

interface DeliverOptions {
  readonly token?: ReturnType<typeof getTasklatchToken>;
  readonly provider?: string;
  readonly headers?: Record<string, string>;
}

const ask = (url: string, user?: string): Promise<Response> =>
  fetch(url, { headers: user === undefined ? {} : { 'x-user': user } });

describe.each(PLATFORMS)('on %s', (platform) => {
  describe('paths', () => {
    it('follow the global prefix, and the bytes of callbacks arrive as they were sent', async () => {
      const { options, seen } = signing();
      const imports = [TasklatchModule.forRoot({ ...options, callbacks: CALLBACKS, tasks: { owner } })];
      const running = await startApp(platform, { imports }, (app) => app.setGlobalPrefix('api'));
      expect((await deliver(running, '/api/callbacks')).status).toBe(200);
      expect(seen).toEqual([ODD]);
      expect((await ask(`${running.url}/api/tasks`, 'alice')).status).toBe(200);
      expect((await deliver(running, '/callbacks')).status).toBe(404);
    });

    it('may have parameters in the prefix', async () => {
      const { options, seen } = signing();
      const imports = [
        TasklatchModule.forRoot({ ...options, callbacks: { ...CALLBACKS, path: '/hooks/ai/' }, tasks: { owner } }),
      ];
      const running = await startApp(platform, { imports }, (app) => app.setGlobalPrefix(':tenant/api'));
      expect((await deliver(running, '/any/api/hooks/ai')).status).toBe(200);
      expect(seen).toEqual([ODD]);
      const list = await ask(`${running.url}/any/api/tasks?limit=5`, 'alice');
      expect(Object.keys(Object(await list.json()))).toEqual(['tasks', 'next']);
      expect(running.logged).toEqual([]);
    });

    it('follow the router module', async () => {
      const { options, seen } = signing();
      const imports = [
        TasklatchModule.forRoot({ ...options, callbacks: CALLBACKS, tasks: { owner } }),
        RouterModule.register([{ path: 'ai', module: TasklatchModule }]),
      ];
      const running = await startApp(platform, { imports }, (app) => app.setGlobalPrefix('api'));
      expect((await deliver(running, '/api/ai/callbacks')).status).toBe(200);
      expect((await ask(`${running.url}/api/ai/tasks`, 'alice')).status).toBe(200);
      expect(seen).toEqual([ODD]);
    });

    it('follow URI versioning as asked: callbacks have none, tasks that of the app', async () => {
      const { options, seen } = signing();
      const versioned = (app: Parameters<NonNullable<Parameters<typeof startApp>[2]>>[0]): void => {
        app.setGlobalPrefix('api').enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
      };
      const byDefault = await startApp(
        platform,
        { imports: [TasklatchModule.forRoot({ ...options, callbacks: CALLBACKS, tasks: { owner } })] },
        versioned,
      );
      expect((await deliver(byDefault, '/api/callbacks')).status).toBe(200);
      expect((await ask(`${byDefault.url}/api/v1/tasks`, 'alice')).status).toBe(200);
      const chosen = await startApp(
        platform,
        {
          imports: [
            TasklatchModule.forRoot({
              ...options,
              callbacks: { ...CALLBACKS, version: '2' },
              tasks: { owner, version: ['2', '3'] },
            }),
          ],
        },
        versioned,
      );
      expect((await deliver(chosen, '/api/v2/callbacks')).status).toBe(200);
      expect((await ask(`${chosen.url}/api/v3/tasks`, 'alice')).status).toBe(200);
      expect(seen).toEqual([ODD, ODD]);
    });

    it('are reached without a version where versions come in a header', async () => {
      const { options, seen } = signing();
      const imports = [TasklatchModule.forRoot({ ...options, callbacks: CALLBACKS })];
      const running = await startApp(platform, { imports }, (app) =>
        app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version', defaultVersion: '1' }),
      );
      expect((await deliver(running, '/callbacks')).status).toBe(200);
      expect(seen).toEqual([ODD]);
    });

    it('are there for each named latch, and only where asked for', async () => {
      const [one, two] = [signing('acme'), signing('films')];
      const running = await startApp(platform, {
        imports: [
          TasklatchModule.forRoot({ ...one.options, callbacks: CALLBACKS }),
          TasklatchModule.forRootAsync({
            name: 'films',
            callbacks: { path: 'film-callbacks' },
            useFactory: () => ({ ...two.options, callbacks: { baseUrl: 'http://x/film-callbacks', secret: SECRET } }),
          }),
        ],
      });
      expect((await deliver(running, '/callbacks')).status).toBe(200);
      const films = { token: getTasklatchToken('films'), provider: 'films' };
      expect((await deliver(running, '/film-callbacks', films)).status).toBe(200);
      expect((await deliver(running, '/callbacks', films)).status).toBe(404);
      expect([one.seen, two.seen]).toEqual([[ODD], [ODD]]);
      expect((await ask(`${running.url}/tasks`, 'alice')).status).toBe(404);
    });

    it('need no base URL for webhooks that nobody asked for', async () => {
      const { provider } = signing();
      const { callbacks } = provider;
      if (callbacks === undefined) throw new Error('It has callbacks.');
      const { submit: _submit, status: _status, ...rest } = provider;
      const webhooks: Provider<never> = {
        ...rest,
        callbacks: { ...callbacks, parse: () => [{ externalId: 'evt-1', status: 'succeeded' }] },
      };
      const running = await startApp(platform, {
        imports: [
          TasklatchModule.forRoot({
            ...latchOptions(),
            providers: [webhooks],
            unknownTasks: 'open',
            callbacks: { path: 'webhooks' },
          }),
        ],
      });
      const headers = { 'content-type': 'application/json', 'x-signature': 'good' };
      const answer = await fetch(`${running.url}/webhooks/acme`, { method: 'POST', headers, body: '{}' });
      expect(answer.status).toBe(200);
      const latch = running.app.get<Tasklatch<unknown>>(TasklatchService);
      expect((await latch.get({ provider: 'acme', externalId: 'evt-1' }))?.status).toBe('succeeded');
    });
  });

  describe('bodies', () => {
    @Controller()
    class Own {
      @Post('own')
      own(@Body() body: unknown, @Req() request: { rawBody?: Buffer }): unknown {
        return { body, raw: request.rawBody?.toString() ?? null };
      }
    }

    it.each([false, true])("of the app's own routes are parsed as before, with rawBody: %s", async (rawBody) => {
      const { options, seen } = signing();
      const imports = [TasklatchModule.forRoot({ ...options, callbacks: CALLBACKS })];
      const running = await startApp(platform, { imports, controllers: [Own] }, undefined, { rawBody });
      const headers = { 'content-type': 'application/json' };
      const own = await fetch(`${running.url}/own`, { method: 'POST', headers, body: ' {"a": 1}' });
      expect(await own.json()).toEqual({ body: { a: 1 }, raw: rawBody ? ' {"a": 1}' : null });
      const broken = await fetch(`${running.url}/own`, { method: 'POST', headers, body: '{"a' });
      expect(broken.status).toBe(400);
      expect((await deliver(running, '/callbacks')).status).toBe(200);
      expect(seen).toEqual([ODD]);
    });

    it('that middleware of the app ate are answered 500 where a signature needs them, and the fix is logged once', async () => {
      const { options, seen } = signing();
      const plain = scriptedProvider({ name: 'plain', confirm: 'never' });
      const eat = (request: EatenRequest, _response: unknown, next: () => void): void => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk) => chunks.push(chunk));
        request.on('end', () => {
          const bytes = Buffer.concat(chunks);
          request.body = JSON.parse(bytes.toString());
          if (request.headers['x-keep'] !== undefined) request.rawBody = bytes;
          next();
        });
      };
      @Module({
        imports: [
          TasklatchModule.forRoot({ ...options, providers: [...options.providers, plain], callbacks: CALLBACKS }),
        ],
      })
      class EatingModule {
        configure(consumer: MiddlewareConsumer): void {
          consumer.apply(eat).forRoutes('*');
        }
      }
      const running = await startApp(platform, { imports: [EatingModule] });
      const eaten = [await deliver(running, '/callbacks'), await deliver(running, '/callbacks')];
      expect(eaten.map(({ status }) => status)).toEqual([500, 500]);
      expect(await eaten[0]?.json()).toEqual({ ok: false, reason: 'body_consumed' });
      expect(seen).toEqual([]);
      expect(running.logged.length).toBe(1);
      expect(running.logged[0]).toMatch(/Fix: keep what reads bodies off the callback routes .* provider=acme$/);
      expect((await deliver(running, '/callbacks', { headers: { 'x-keep': 'yes' } })).status).toBe(200);
      expect(seen).toEqual([ODD]);
      const unsigned = await deliver(running, '/callbacks', { provider: 'plain' });
      expect(unsigned.status).toBe(200);
    });

    interface EatenRequest {
      body: unknown;
      rawBody: unknown;
      readonly headers: Record<string, string | undefined>;
      on(event: 'data', listener: (chunk: Buffer) => void): void;
      on(event: 'end', listener: () => void): void;
    }
  });

  describe("the app's own", () => {
    const USERS = 'users';
    @Module({ providers: [{ provide: USERS, useValue: new Set(['alice']) }], exports: [USERS] })
    class UsersModule {}

    @Injectable()
    class KnownUser implements CanActivate {
      constructor(@Inject(USERS) private readonly users: Set<string>) {}

      async canActivate(context: ExecutionContext): Promise<boolean> {
        const request = context.switchToHttp().getRequest<{ headers: Record<string, string>; user?: string }>();
        const name = request.headers['x-user'] ?? '';
        if (!this.users.has(name)) throw new ForbiddenException('who are you?');
        request.user = name;
        return true;
      }
    }

    it('guards run before the task routes, with what they inject, and `owner` sees what they left', async () => {
      const running = await startApp(platform, {
        imports: [
          TasklatchModule.forRoot({
            ...latchOptions(),
            imports: [UsersModule],
            tasks: { guards: [KnownUser], owner: (request: { user?: string }) => request.user },
          }),
        ],
      });
      const latch = running.app.get<Tasklatch<unknown>>(TasklatchService);
      const task = await latch.submit({ provider: 'acme', input: {}, owner: 'alice' });
      const mine = await ask(`${running.url}/tasks/${task.id}`, 'alice');
      expect([mine.status, Object(await mine.json()).id]).toEqual([200, task.id]);
      const other = await ask(`${running.url}/tasks/${task.id}`, 'bob');
      expect([other.status, Object(await other.json()).message]).toEqual([403, 'who are you?']);
      expect((await ask(`${running.url}/tasks/${task.id}/events`, 'bob')).status).toBe(403);
    });

    it('global guards run before callbacks too, and let them pass by the decorator that the app has for it', async () => {
      @Injectable()
      class OnlyPublic implements CanActivate {
        constructor(@Inject(Reflector) private readonly reflector: Reflector) {}

        canActivate(context: ExecutionContext): boolean {
          return this.reflector.get<boolean | undefined>('public', context.getClass()) === true;
        }
      }
      const { options } = signing();
      const providers = [{ provide: APP_GUARD, useClass: OnlyPublic }];
      const closed = TasklatchModule.forRoot({ ...options, callbacks: CALLBACKS });
      expect((await deliver(await startApp(platform, { imports: [closed], providers }), '/callbacks')).status).toBe(
        403,
      );
      const decorators = [SetMetadata('public', true)];
      const opened = TasklatchModule.forRoot({ ...options, callbacks: { ...CALLBACKS, decorators } });
      expect((await deliver(await startApp(platform, { imports: [opened], providers }), '/callbacks')).status).toBe(
        200,
      );
    });

    it('exception filters get what `owner` throws', async () => {
      const running = await startApp(platform, {
        imports: [
          TasklatchModule.forRoot({
            ...latchOptions(),
            tasks: {
              owner: async () => {
                throw new UnauthorizedException('sign in first');
              },
            },
          }),
        ],
      });
      const answer = await ask(`${running.url}/tasks`);
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject({ statusCode: 401, message: 'sign in first' });
    });

    it('interceptors neither change answers nor end live streams', async () => {
      const passed: string[] = [];
      @Injectable()
      class Wrap implements NestInterceptor {
        intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
          passed.push(context.getClass().name);
          return next.handle().pipe(
            timeout(50),
            map((data: unknown) => ({ data })),
          );
        }
      }
      @Global()
      @Module({ providers: [{ provide: APP_INTERCEPTOR, useClass: Wrap }] })
      class WrapModule {}
      const { options } = signing();
      const running = await startApp(platform, {
        imports: [WrapModule, TasklatchModule.forRoot({ ...options, callbacks: CALLBACKS, tasks: { owner } })],
      });
      const latch = running.app.get<Tasklatch<unknown>>(TasklatchService);
      const task = await latch.submit({ provider: 'acme', input: {}, owner: 'alice' });
      const delivered = await deliver(running, '/callbacks');
      expect(await delivered.json()).toEqual({ ok: true });
      const shown = await ask(`${running.url}/tasks/${task.id}`, 'alice');
      expect(Object(await shown.json()).id).toBe(task.id);

      const stream = await ask(`${running.url}/tasks/${task.id}/events`, 'alice');
      await new Promise((resolve) => setTimeout(resolve, 200));
      await latch.tell(task.id, { status: 'succeeded', result: { files: [], data: null } });
      const text = await stream.text();
      expect(text.match(/"status":"\w+"/g)).toEqual(['"status":"pending"', '"status":"succeeded"']);
      expect(new Set(passed)).toEqual(new Set(['TasklatchCallbacksController', 'TasklatchTasksController']));
      expect(running.logged).toEqual([]);
    });

    it('CORS headers are on task routes and on live streams', async () => {
      const running = await startApp(
        platform,
        { imports: [TasklatchModule.forRoot({ ...latchOptions(), tasks: { owner } })] },
        (app) => app.enableCors({ origin: 'https://app.example.com', credentials: true }),
      );
      const latch = running.app.get<Tasklatch<unknown>>(TasklatchService);
      const task = await latch.submit({ provider: 'acme', input: {}, owner: 'alice' });
      await latch.tell(task.id, { status: 'succeeded', result: { files: [], data: null } });
      for (const path of ['', `/${task.id}`, `/${task.id}/events`]) {
        const answer = await ask(`${running.url}/tasks${path}`, 'alice');
        expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example.com');
        expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
        await answer.text();
      }
    });
  });
});

it("shows no callback token in Fastify's log of requests", async () => {
  const lines: string[] = [];
  const logger = { stream: { write: (line: string) => void lines.push(line) } };
  const { options } = signing();
  const imports = [TasklatchModule.forRoot({ ...options, callbacks: CALLBACKS, tasks: { owner } })];
  const running = await startApp(new FastifyAdapter({ logger }), { imports }, (app) => app.setGlobalPrefix('api'));
  expect((await deliver(running, '/api/callbacks')).status).toBe(200);
  expect((await ask(`${running.url}/api/tasks`, 'alice')).status).toBe(200);
  const urls = lines.map((line) => JSON.parse(line)).flatMap(({ req }) => (req === undefined ? [] : [req.url]));
  expect(urls).toEqual(['/api/callbacks/acme/…', '/api/tasks']);
  expect(lines.join('')).not.toMatch(/callbacks\/acme\/[\w.]{10}/);
});
