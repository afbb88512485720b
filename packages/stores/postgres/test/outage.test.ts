import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EffectLease, TaskStore } from '@tasklatch/core';
import { aDraft, aFact, type FaultProxy, faultProxy } from '@tasklatch/testing';
import pg from 'pg';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromPostgresJs, migrate, postgresStore } from '../src/index.js';
import { databaseUrl, testDatabase } from './database.js';

const database = testDatabase();
const schema = database.schema();
const { admin } = database;
const server = new URL(databaseUrl);
beforeAll(async () => {
  await migrate({ query: admin, schema });
  await admin.query(`create table ${schema}.scratch (word text)`);
});
afterAll(() => database.close());

/** Far more than an answer takes here, and far less than a client would wait by itself. */
const TIMEOUT_MS = 1_500;

/** Answered by what happens between two writes when there shall be no second one. */
const LAST = 'last';

interface Connected {
  readonly store: TaskStore<never>;
  /** Writes a word, and another one, in a transaction that the effect of this lease is done in. */
  transact(lease: EffectLease, word: string, between: () => Promise<unknown>): Promise<void>;
  end(): Promise<unknown>;
}

/** What both stores are, seen without their transactions. */
const anyStore = (store: object): TaskStore<never> => store as TaskStore<never>;
const INSERT = `insert into ${schema}.scratch values ($1)`;

const clients: readonly (readonly [string, (url: string) => Connected])[] = [
  [
    'pg',
    (url) => {
      const pool = new pg.Pool({ connectionString: url, max: 4, connectionTimeoutMillis: TIMEOUT_MS });
      pool.on('error', () => {});
      const store = postgresStore({ query: pool, schema, timeoutMs: TIMEOUT_MS });
      return {
        store: anyStore(store),
        transact: (lease, word, between) =>
          store.transact(lease, { kind: 'done' }, async (tx) => {
            await tx.query(INSERT, [word]);
            if ((await between()) !== LAST) await tx.query(INSERT, [`${word} too`]);
          }),
        end: () => pool.end(),
      };
    },
  ],
  [
    'postgres.js',
    (url) => {
      const sql = postgres(url, { max: 4, connect_timeout: 2, backoff: () => 0.05, onnotice: () => {} });
      const store = postgresStore({ query: fromPostgresJs(sql), schema, timeoutMs: TIMEOUT_MS });
      return {
        store: anyStore(store),
        transact: (lease, word, between) =>
          store.transact(lease, { kind: 'done' }, async (tx) => {
            await tx.unsafe(INSERT, [word]);
            if ((await between()) !== LAST) await tx.unsafe(INSERT, [`${word} too`]);
          }),
        end: () => sql.end({ timeout: 1 }),
      };
    },
  ],
];

const words = async (): Promise<string[]> =>
  (await admin.query(`select word from ${schema}.scratch`)).rows.map(({ word }) => word);

const opening = () => {
  const id = randomUUID();
  return aFact({ externalId: id, status: 'succeeded', open: { id, deadlineMs: 60_000 } });
};

describe.each(clients)('with %s', (_, connect) => {
  /** A store behind a bad network, and one fact to record. */
  const behind = async (body: (proxy: FaultProxy, connected: Connected) => Promise<void>): Promise<void> => {
    const proxy = await faultProxy({ port: Number(server.port || 5432), host: server.hostname });
    const url = new URL(server);
    url.host = `127.0.0.1:${proxy.port}`;
    const connected = connect(url.href);
    try {
      // On every connection, so that what follows is prepared and nothing has to be asked before it.
      await Promise.all(Array.from({ length: 12 }, () => connected.store.record([opening()])));
      await body(proxy, connected);
    } finally {
      await connected.store.close?.();
      await connected.end();
      await proxy.close();
    }
  };
  const recovers = async (store: TaskStore<never>): Promise<boolean> => {
    for (const end = Date.now() + 20_000; Date.now() < end; await sleep(50)) {
      if (
        await store.open(aDraft()).then(
          () => true,
          () => false,
        )
      )
        return true;
    }
    return false;
  };
  /** Asks in all ways at once, more often than there are connections, and says how long the last took. */
  const allReject = async (store: TaskStore<never>): Promise<number> => {
    const begin = performance.now();
    const want = { claimId: randomUUID(), leaseMs: 1000, from: [{ provider: 'acme', limit: 1 }] };
    const asked = Array.from({ length: 5 }, () => [
      store.record([opening()]),
      store.open(aDraft()),
      store.get({ id: 'x' }),
      store.claim('check', want),
    ]).flat();
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.map(({ status }) => status)).toEqual(asked.map(() => 'rejected'));
    return performance.now() - begin;
  };
  const settled = async (store: TaskStore<never>): Promise<EffectLease> => {
    const provider = randomUUID();
    await store.record([
      aFact({ provider, externalId: provider, status: 'succeeded', open: { id: provider, deadlineMs: 1000 } }),
    ]);
    const want = { claimId: provider, leaseMs: 60_000, from: [{ provider, limit: 1 }] };
    const [lease] = await store.claim('effect', want);
    if (lease === undefined) throw new Error('Nothing was due.');
    return lease;
  };

  it('rejects while the server is unreachable, and goes on when it is back', () =>
    behind(async (proxy, { store }) => {
      await proxy.refuse();
      proxy.cut();
      expect(await allReject(store)).toBeLessThan(TIMEOUT_MS * 4);
      await proxy.heal();
      expect(await recovers(store)).toBe(true);
    }));

  it('rejects while the server takes connections and never answers, and goes on when it does', () =>
    behind(async (proxy, { store }) => {
      proxy.stall();
      expect(await allReject(store)).toBeLessThan(TIMEOUT_MS * 4);
      proxy.cut();
      await proxy.heal();
      expect(await recovers(store)).toBe(true);
    }));

  it('has kept what it could not acknowledge, and says so when it is told again', () =>
    behind(async (proxy, { store }) => {
      const fact = opening();
      proxy.stall('toClient');
      const unanswered = store.record([fact]);
      const outcome = unanswered.catch((error: unknown) => error);
      for (
        let waits = 0;
        waits < 400 &&
        (await admin.query(`select from ${schema}.task where id = $1`, [fact.externalId])).rowCount === 0;
        waits += 1
      ) {
        await sleep(20);
      }
      proxy.cut();
      await proxy.heal();
      expect(await outcome).toBeInstanceOf(Error);
      expect(await recovers(store)).toBe(true);
      expect(await store.record([fact])).toMatchObject([{ outcome: 'settled', duplicate: true }]);
    }));

  it('writes nothing of a transaction whose connection is lost in the middle, and does not take the process with it', () =>
    behind(async (proxy, { store, transact }) => {
      const lease = await settled(store);
      const lost = transact(lease, lease.taskId, async () => {
        proxy.cut();
        await sleep(50);
      });
      await expect(lost).rejects.toThrow();
      expect(await recovers(store)).toBe(true);
      expect(await words()).not.toContain(lease.taskId);
      // The lease is still held: the same worker may try again.
      await transact(lease, lease.taskId, async () => {});
      expect(await words()).toContain(lease.taskId);
    }));

  it('lets nothing of a transaction pass once its connection is lost, though there are others again', () =>
    behind(async (proxy, { store, transact }) => {
      const lease = await settled(store);
      const written = async () => (await words()).filter((word) => word.startsWith(lease.taskId)).sort();
      const stubborn = transact(lease, lease.taskId, async () => {
        proxy.cut();
        const many = () => Array.from({ length: 8 }, () => store.get({ id: 'x' }));
        for (let times = 0; times < 5; times += 1) await Promise.allSettled(many());
      });
      await expect(stubborn).rejects.toThrow();
      expect(await recovers(store)).toBe(true);
      expect((await store.ledger(lease)).effects).toMatchObject([{ state: 'running' }]);
      expect(await written()).toEqual([]);
      await transact(lease, lease.taskId, async () => {});
      expect(await written()).toEqual([lease.taskId, `${lease.taskId} too`]);
    }));

  it('does not run an effect any more whose turn for a connection came too late', () =>
    behind(async (_proxy, { store, transact }) => {
      const leases = await Promise.all(Array.from({ length: 5 }, () => settled(store)));
      let runs = 0;
      // Four connections there are, and four transactions that keep them.
      const outcomes = await Promise.allSettled(
        leases.map((lease) =>
          transact(lease, lease.taskId, async () => {
            runs += 1;
            await sleep(TIMEOUT_MS * 1.5);
          }),
        ),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
      await sleep(TIMEOUT_MS / 2);
      expect(runs).toBe(4);
    }));

  it('does not wait for ever for a transaction that hangs at its end', () =>
    behind(async (proxy, { store, transact }) => {
      const lease = await settled(store);
      const hanging = transact(lease, lease.taskId, async () => {
        proxy.stall();
        return LAST;
      });
      await expect(hanging).rejects.toThrow();
      proxy.cut();
      await proxy.heal();
      expect(await recovers(store)).toBe(true);
    }));

  it('passes on that there are too many connections, and goes on when there is room', async () => {
    const role = `role_${randomUUID().replaceAll('-', '')}`;
    await admin.query(`create role ${role} superuser login password 'p' connection limit 1`);
    // Superusers have no limit; the rights of one are needed only to see the schema.
    await admin.query(`alter role ${role} nosuperuser; grant usage on schema ${schema} to ${role};
      grant all on all tables in schema ${schema} to ${role}`);
    const url = new URL(server);
    url.username = role;
    url.password = 'p';
    const held = new pg.Client(url.href);
    await held.connect();
    const { store, end } = connect(url.href);
    await expect(store.open(aDraft())).rejects.toMatchObject({ code: '53300' });
    await held.end();
    expect(await recovers(store)).toBe(true);
    await end();
    await admin.query(`drop owned by ${role}; drop role ${role}`);
  });

  it('passes on that the server takes no writes', async () => {
    const url = new URL(server);
    url.searchParams.set('options', '-c default_transaction_read_only=on');
    const { store, end } = connect(url.href);
    await expect(store.record([opening()])).rejects.toMatchObject({ code: '25006' });
    expect(await store.get({ id: 'x' })).toBe(undefined);
    await end();
  });

  it('gives up on a row that somebody else keeps locked, and does not stay in the queue for it', async () => {
    const { store, end } = connect(databaseUrl);
    const { id } = (await store.open(aDraft())).task;
    const locker = await admin.connect();
    await locker.query('begin');
    await locker.query(`select from ${schema}.task where id = $1 for update`, [id]);
    await expect(store.record([aFact({ taskId: id })])).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(await recovers(store)).toBe(true);
    await locker.query('commit');
    locker.release();
    await end();
  });
});
