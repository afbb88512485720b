import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Server, startPostgres, startRedis } from '../../tools/services.js';

/** Where stores find what they need. */
export interface Services {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** A folder for SQLite files. */
  readonly folder: string;
}

export const STORE_NAMES = ['memory', 'sqlite', 'postgres', 'redis'] as const;
export type StoreName = (typeof STORE_NAMES)[number];

/**
 * Servers of our own, for the stores that need them: Postgres as it is delivered (fsync on), Redis with its append-only file flushed
 * every second, which is its documentation's advice.
 */
export async function startServices(
  stores: readonly StoreName[],
): Promise<{ readonly services: Services; stop(): Promise<void> }> {
  const servers: Server[] = [];
  const urlOf = async (starting: Promise<Server>): Promise<string> => {
    const server = await starting;
    servers.push(server);
    return server.url;
  };
  const folder = await mkdtemp(join(tmpdir(), 'tasklatch-benchmarks-'));
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const databaseUrl = stores.includes('postgres') ? await urlOf(startPostgres()) : '';
    const appendOnly = { settings: { appendonly: 'yes', appendfsync: 'everysec' } };
    const redisUrl = stores.includes('redis') ? await urlOf(startRedis(appendOnly)) : '';
    return { services: { databaseUrl, redisUrl, folder }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
