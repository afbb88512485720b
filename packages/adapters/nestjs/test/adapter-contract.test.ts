import type { AddressInfo } from 'node:net';
import fastifyCompress from '@fastify/compress';
import {
  type ArgumentsHost,
  Body,
  Catch,
  Controller,
  type ExceptionFilter,
  Header,
  HttpCode,
  HttpException,
  type INestApplication,
  Logger,
  Module,
  type NestApplicationOptions,
  ParseIntPipe,
  Post,
} from '@nestjs/common';
import { HttpAdapterHost, NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type BodyParser, type ServeAdapter, testAdapterContract } from '@tasklatch/testing';
import compression from 'compression';
import { describe, expect, it } from 'vitest';
import { TasklatchModule, TasklatchService } from '../src/index.js';

@Controller()
class OwnController {
  @Post('own')
  @HttpCode(200)
  @Header('x-own', 'yes')
  own(@Body() body: unknown): { body: unknown } {
    return { body };
  }
}

/** The app's own error handling, as its authors would write it for both platforms. */
@Catch()
class ErrorPage implements ExceptionFilter {
  constructor(private readonly host: HttpAdapterHost) {}

  catch(error: Error, args: ArgumentsHost): void {
    const { httpAdapter } = this.host;
    const response = args.getArgByIndex(1);
    if (error instanceof HttpException) {
      httpAdapter.reply(response, error.getResponse(), error.getStatus());
      return;
    }
    httpAdapter.setHeader(response, 'x-app-error', error.message);
    httpAdapter.reply(response, "the app's own error page", 500);
  }
}

/** What the contract calls a parser, as a Nest user sets it up. */
const optionsFor = (parser: BodyParser): NestApplicationOptions => ({
  bodyParser: parser === 'json' || parser === 'urlencoded' || parser === 'rawBody',
  rawBody: parser === 'rawBody',
});

function addExpressParser(app: NestExpressApplication, parser: BodyParser): void {
  if (parser === 'text' || parser === 'raw') app.useBodyParser(parser, { type: () => true });
}

function addFastifyParser(app: NestFastifyApplication, parser: BodyParser): void {
  if (parser === 'text') app.useBodyParser('*', {}, (_request, body, done) => done(null, body.toString()));
  if (parser === 'raw') app.useBodyParser('*', {}, (_request, body, done) => done(null, body));
}

const serveWith =
  (create: (module: object, parser: BodyParser) => Promise<INestApplication>): ServeAdapter =>
  async ({ callbacksAt, options, owner, parser, tasks, tasksAt }) => {
    const { callbacks, ...rest } = options;
    if (callbacks === undefined) throw new Error('The contract has callbacks.');
    const tasklatch = TasklatchModule.forRoot({
      ...rest,
      callbacks: { ...callbacks, path: callbacksAt },
      tasks: {
        ...tasks,
        path: tasksAt,
        owner: (request: { headers: Record<string, string | undefined> }) => owner(request.headers['x-user']),
      },
    });
    @Module({ imports: [tasklatch], controllers: [OwnController] })
    class AppModule {}
    const app = await create(AppModule, parser);
    app.useGlobalFilters(new ErrorPage(app.get(HttpAdapterHost)));
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}`, latch: app.get(TasklatchService), close: () => app.close() };
  };

const common = { logger: false, forceCloseConnections: true } as const;
Logger.overrideLogger(false);

const expressApp = async (module: object, parser: BodyParser): Promise<INestApplication> => {
  const app = await NestFactory.create<NestExpressApplication>(module, { ...common, ...optionsFor(parser) });
  app.use(compression({ threshold: 0 }));
  addExpressParser(app, parser);
  return app;
};

const fastifyApp = async (module: object, parser: BodyParser): Promise<INestApplication> => {
  const adapter = new FastifyAdapter({ forceCloseConnections: true });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, { ...common, ...optionsFor(parser) });
  await app.register(fastifyCompress, { threshold: 0 });
  addFastifyParser(app, parser);
  return app;
};

const major = process.env.NEST_MAJOR ?? '12';
const runner = { describe, it, expect };

it(`runs on Nest ${major}`, async () => {
  const error: Error = await new ParseIntPipe().transform('x', { type: 'query' }).then(
    () => new Error(),
    (reason) => reason,
  );
  expect(error.stack).toContain(`@nestjs+common@${major}.`);
});

testAdapterContract(`Nest ${major} on Express`, serveWith(expressApp), runner);
testAdapterContract(`Nest ${major} on Fastify`, serveWith(fastifyApp), runner);
