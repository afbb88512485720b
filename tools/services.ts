import type { TestProject } from 'vitest/node';
import { findChromium } from './services/chromium.js';
import { RELAXED, startPostgres } from './services/postgres.js';
import { startRedis } from './services/redis.js';
import type { Server } from './services/server.js';

export { CHROMIUM_FLAGS, findChromium } from './services/chromium.js';
export { freePort } from './services/free-port.js';
export { type PostgresOptions, startPostgres } from './services/postgres.js';
export { type RedisOptions, startRedis } from './services/redis.js';
export type { Server } from './services/server.js';

declare module 'vitest' {
  /** What `inject` gives to every test file; null where the service is missing: skip then, and say so. */
  export interface ProvidedContext {
    /** A real Redis for all test files of a run: use a key prefix of your own. */
    redisUrl: string | null;
    /** A real Postgres for all test files of a run: use a schema of your own. */
    databaseUrl: string | null;
    /** A Chromium for playwright-core's `executablePath`. */
    chromiumPath: string | null;
  }
}

/** An address, and the server behind it if we started it. */
interface Service {
  value: string;
  server?: Server;
}

const SERVICES = {
  redisUrl: () => given('REDIS_URL') ?? started(startRedis()),
  databaseUrl: () => given('DATABASE_URL') ?? started(startPostgres({ settings: RELAXED })),
  chromiumPath: async () => ({ value: await findChromium() }),
} satisfies Record<string, () => Promise<Service>>;

/**
 * Vitest's global set-up: real services with no docker. Each comes from an environment variable, from this machine, or
 * from what npm and the distribution ship. A missing one is null and named on the screen; with REQUIRE_SERVICES=1 it
 * fails the run.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const servers: Server[] = [];
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  const provide = async (name: keyof typeof SERVICES): Promise<void> => {
    const startedAt = Date.now();
    try {
      const { value, server }: Service = await SERVICES[name]();
      if (server !== undefined) servers.push(server);
      project.provide(name, value);
      // Not the value: an address from outside may hold a password.
      console.log(`[services] ${name}: ready in ${Date.now() - startedAt} ms`);
    } catch (error) {
      if (process.env.REQUIRE_SERVICES === '1')
        throw new Error(`REQUIRE_SERVICES=1, but ${name} is missing.`, { cause: error });
      project.provide(name, null);
      console.warn(
        `[services] ${name}: MISSING, its tests are skipped. ${error instanceof Error ? error.message : error}`,
      );
    }
  };
  // Wait for all before failing: one that is still starting would miss the stop.
  const results = await Promise.allSettled([provide('redisUrl'), provide('databaseUrl'), provide('chromiumPath')]);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  return stop;
}

function given(variable: string): Promise<Service> | undefined {
  const value = process.env[variable];
  return value ? Promise.resolve({ value }) : undefined;
}

async function started(starting: Promise<Server>): Promise<Service> {
  const server = await starting;
  return { value: server.url, server };
}
