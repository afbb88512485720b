import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import pg from 'pg';
import { chromium } from 'playwright-core';
import { describe, expect, inject, it } from 'vitest';
import { CHROMIUM_FLAGS, startPostgres, startRedis } from './services.js';

const redisUrl = inject('redisUrl');
const databaseUrl = inject('databaseUrl');
const chromiumPath = inject('chromiumPath');

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {}); // The server is killed under some of these.
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

describe.skipIf(redisUrl === null)('redis', () => {
  const connectTo = (url: string) => new Redis(url, { maxRetriesPerRequest: 0, retryStrategy: null });

  it('answers the tests of this run', async () => {
    const redis = connectTo(redisUrl ?? '');
    expect(await redis.ping()).toBe('PONG');
    await redis.quit();
  });

  it('keeps what it acknowledged over a kill -9 and a restart on the same port', async () => {
    const server = await startRedis({ settings: { appendonly: 'yes', appendfsync: 'always' } });
    try {
      const before = connectTo(server.url);
      await before.set('key', 'kept');
      before.disconnect();
      const { pid } = server;
      await server.kill();
      await server.restart();
      expect(server.pid).not.toBe(pid);
      const after = connectTo(server.url);
      expect(await after.get('key')).toBe('kept');
      after.disconnect();
    } finally {
      await server.stop();
    }
  });

  it('takes settings by their own names', async () => {
    const server = await startRedis({ settings: { maxmemory: '8mb', 'maxmemory-policy': 'noeviction' } });
    try {
      const redis = connectTo(server.url);
      expect(await redis.config('GET', 'maxmemory')).toEqual(['maxmemory', String(8 * 1024 * 1024)]);
      redis.disconnect();
    } finally {
      await server.stop();
    }
  });

  it('hangs while stopped, and answers what it was asked once it goes on', async () => {
    const server = await startRedis();
    try {
      const redis = connectTo(server.url);
      await redis.ping();
      await server.kill('SIGSTOP');
      let answered = false;
      const late = redis.ping().finally(() => {
        answered = true;
      });
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(answered).toBe(false);
      await server.kill('SIGCONT');
      expect(await late).toBe('PONG');
      redis.disconnect();
    } finally {
      await server.stop();
    }
  });
});

describe.skipIf(redisUrl === null)('a server', () => {
  /** A script of its own that starts a Redis and says where, as a test or a benchmark would. */
  async function startElsewhere(): Promise<{ script: ChildProcess; pid: number }> {
    const code = `import('./services.ts').then(async ({ startRedis }) => {
      const { pid } = await startRedis();
      console.log(pid);
      setInterval(() => {}, 1_000);
    })`;
    const script = spawn(process.execPath, ['--import', 'tsx', '-e', code], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(script.stdout, 'data');
    return { script, pid: Number(String(line)) };
  }

  function isRunning(pid: number): boolean {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  }

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'does not outlive the process that started it, ended by %s',
    async (signal) => {
      const { script, pid } = await startElsewhere();
      expect(isRunning(pid)).toBe(true);
      script.kill(signal);
      await expect.poll(() => isRunning(pid), { timeout: 10_000 }).toBe(false);
    },
  );
});

describe.skipIf(databaseUrl === null)('postgres', () => {
  it('answers the tests of this run', async () => {
    expect(await query(databaseUrl ?? '', 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('keeps committed rows over a kill -9 under load and a restart on the same port', async () => {
    const server = await startPostgres();
    try {
      await query(server.url, 'CREATE TABLE kept (n int)');
      const acknowledged: number[] = [];
      const writing = (async () => {
        const client = new pg.Client({ connectionString: server.url });
        client.on('error', () => {});
        await client.connect();
        for (let n = 0; ; n += 1) {
          await client.query('INSERT INTO kept VALUES ($1)', [n]);
          acknowledged.push(n);
        }
      })();
      while (acknowledged.length < 20) await new Promise((resolve) => setTimeout(resolve, 5));
      const cutOff = expect(writing).rejects.toThrow();
      await server.kill();
      await cutOff;
      await server.restart();
      const rows = await query(server.url, 'SELECT n FROM kept ORDER BY n');
      expect(rows).toEqual(expect.arrayContaining(acknowledged.map((n) => ({ n }))));
    } finally {
      await server.stop();
    }
  });

  it('restarts a server that hangs', async () => {
    const server = await startPostgres();
    try {
      await query(server.url, 'CREATE TABLE kept AS SELECT 1 AS n');
      await server.kill('SIGSTOP');
      await server.restart();
      expect(await query(server.url, 'SELECT n FROM kept')).toEqual([{ n: 1 }]);
    } finally {
      await server.stop();
    }
  });

  it('starts a private server with every commit flushed to disk', async () => {
    const server = await startPostgres();
    try {
      expect(await query(server.url, 'SHOW fsync')).toEqual([{ fsync: 'on' }]);
      expect(await query(server.url, 'SHOW synchronous_commit')).toEqual([{ synchronous_commit: 'on' }]);
    } finally {
      await server.stop();
    }
  });
});

describe.skipIf(chromiumPath === null)('chromium', () => {
  it('opens a page', async () => {
    const browser = await chromium.launch({ executablePath: chromiumPath ?? '', args: [...CHROMIUM_FLAGS] });
    try {
      const page = await browser.newPage();
      await page.goto('about:blank');
      expect(await page.evaluate('1 + 1')).toBe(2);
    } finally {
      await browser.close();
    }
  });
});
