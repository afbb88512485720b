import { mkdtempSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findExecutable } from './find-executable.js';
import { freePort } from './free-port.js';
import { libraryPathOf, redisFromDebs } from './redis-from-debs.js';
import { runServer, type Server } from './server.js';

export interface RedisOptions {
  /**
   * Settings by Redis's own names, over ours, which keep everything in memory: `{ maxmemory: '8mb' }`, or for a server
   * that must not lose an acknowledged write to a kill -9 `{ appendonly: 'yes', appendfsync: 'always' }`.
   */
  settings?: Readonly<Record<string, string>>;
}

const MEMORY_ONLY = { bind: '127.0.0.1', save: '', appendonly: 'no' };

/** The redis-server (or valkey-server) of this machine, or one unpacked from the distribution's own package. */
export function findRedis(): string | undefined {
  return findExecutable('redis-server', 'valkey-server') ?? redisFromDebs();
}

/** Starts a private Redis. Throws when there is none to be had on this machine. */
export async function startRedis({ settings = {} }: RedisOptions = {}): Promise<Server> {
  const binary = findRedis();
  if (binary === undefined) {
    throw new Error('No redis-server found. Debian: apt-get install redis-server; macOS: brew install redis.');
  }
  const folder = mkdtempSync(join(tmpdir(), 'tasklatch-redis-'));
  const port = await freePort();
  const all = Object.entries({ ...MEMORY_ONLY, dir: folder, port: String(port), ...settings });
  return runServer({
    name: 'redis-server',
    url: `redis://127.0.0.1:${port}`,
    port,
    command: [binary, ...all.flatMap(([name, value]) => [`--${name}`, value])],
    env: { ...process.env, ...libraryPathOf(binary) },
    folder,
    signals: { clean: 'SIGTERM', quick: 'SIGKILL' },
    ready: (pid) => answers(port, pid),
  });
}

/** True once the server on `port` is the process `pid` and has loaded its data. */
function answers(port: number, pid: number): Promise<boolean> {
  return new Promise((resolve) => {
    let info = '';
    const socket = connect(port, '127.0.0.1');
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(500, () => done(false));
    socket.once('error', () => done(false));
    socket.once('connect', () => socket.write('INFO\r\n'));
    socket.on('data', (chunk) => {
      info += chunk.toString();
      if (info.includes(`process_id:${pid}\r`) && info.includes('\nloading:0\r')) done(true);
    });
  });
}
