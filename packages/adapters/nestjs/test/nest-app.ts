import type { AddressInfo } from 'node:net';
import type { INestApplication, LoggerService, ModuleMetadata, NestApplicationOptions } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { memoryStore } from '@tasklatch/core';
import { type ScriptedProvider, scriptedProvider } from '@tasklatch/testing';
import { afterEach } from 'vitest';

export type Platform = 'Express' | 'Fastify';
export const PLATFORMS: readonly Platform[] = ['Express', 'Fastify'];

export const SECRET = 'a secret for the tests of the adapter, long enough';
export const CALLBACKS = { baseUrl: 'http://127.0.0.1/callbacks', secret: SECRET };

/** Options of a latch on memory, which settles and runs effects without waiting. */
export const latchOptions = (acme: ScriptedProvider = scriptedProvider({ confirm: 'never' })) => ({
  store: memoryStore(),
  providers: [acme],
  pollMs: 20,
});

export interface RunningApp {
  readonly app: INestApplication;
  readonly url: string;
  /** What Nest's logger was told at `warn` and `error`. */
  readonly logged: readonly string[];
}

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** Closes it after the test. */
export function closing<T extends { close(): Promise<void> }>(one: T): T {
  open.push(one);
  return one;
}

/** A Nest app as `main.ts` makes it, listening on a free port, closed after the test. */
export async function startApp(
  platform: Platform | FastifyAdapter,
  metadata: ModuleMetadata,
  configure: (app: INestApplication) => void = () => undefined,
  options: NestApplicationOptions = {},
): Promise<RunningApp> {
  @Module(metadata)
  class AppModule {}
  const { logged, logger } = loggedLines();
  const create = { logger, abortOnError: false, forceCloseConnections: true, ...options };
  const app = closing(
    platform === 'Express'
      ? await NestFactory.create(AppModule, create)
      : await NestFactory.create(
          AppModule,
          platform === 'Fastify' ? new FastifyAdapter({ forceCloseConnections: true }) : platform,
          create,
        ),
  );
  configure(app);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { app, url: `http://127.0.0.1:${port}`, logged };
}

export function loggedLines(): { readonly logged: string[]; readonly logger: LoggerService } {
  const logged: string[] = [];
  const note = (message: unknown): void => {
    // Nest 10 says this of any module on a busy machine.
    if (!/is taking .* to serialize/.test(String(message))) logged.push(String(message));
  };
  const ignore = (): void => undefined;
  return { logged, logger: { log: ignore, debug: ignore, verbose: ignore, warn: note, error: note } };
}

export async function until(what: string, look: () => boolean | Promise<boolean>): Promise<void> {
  for (const late = Date.now() + 15_000; !(await look()); await new Promise((resolve) => setTimeout(resolve, 10)))
    if (Date.now() > late) throw new Error(`Waited in vain until ${what}.`);
}
