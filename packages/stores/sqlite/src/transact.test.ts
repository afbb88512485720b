import { type EffectLease, isTasklatchError } from '@tasklatch/core';
import { aDraft } from '@tasklatch/testing';
import Libsql from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seedEffects } from '../test/seed-effects.js';
import { type TempFile, tempFile } from '../test/temp-file.js';
import { openFile } from './driver.js';
import { type SqliteDatabase, type SqliteStoreOptions, type SqliteTx, sqliteStore } from './index.js';

const DONE = { kind: 'done' } as const;
const INSERT = 'INSERT INTO words VALUES (?)';

let temp: TempFile;
let database: SqliteDatabase;
let stores: { close(): Promise<void> }[];

beforeEach(async () => {
  temp = await tempFile();
  temp.exec('CREATE TABLE words (word TEXT NOT NULL)');
  database = openFile(temp.file);
  stores = [];
});

afterEach(async () => {
  for (const store of stores) await store.close();
  database.close?.();
  await temp.remove();
});

function makeStore(options: Partial<SqliteStoreOptions> = {}) {
  const store = sqliteStore(options.database === undefined ? { file: temp.file, ...options } : options);
  stores.push(store);
  return store;
}

async function claimOne(store: ReturnType<typeof makeStore>): Promise<EffectLease> {
  await seedEffects(store, 1);
  const [lease] = await store.claim('effect', {
    claimId: 'one',
    leaseMs: 60_000,
    from: [{ provider: 'acme', limit: 1 }],
  });
  if (lease === undefined) throw new Error('There should have been an effect.');
  return lease;
}

const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no rejection',
    (error: unknown) => error,
  );

const nextTurn = () => new Promise((resolve) => setTimeout(resolve, 5));

describe.each([
  ['a file', () => ({})],
  ['one connection', () => ({ database })],
])('on %s', (_, options) => {
  it("keeps other acts of the process out of an effect's transaction", async () => {
    const store = makeStore(options());
    const lease = await claimOne(store);
    const draft = aDraft();
    const during: Promise<unknown>[] = [];
    const boom = new Error('boom');
    const failed = store.transact(lease, DONE, async (tx) => {
      const open = await tx.begin();
      open.prepare(INSERT).run('lost');
      during.push(store.open(draft));
      const effects = (await store.ledger({ taskId: lease.taskId })).effects.map(({ state }) => state);
      expect([await store.get({ id: draft.id }), effects]).toEqual([undefined, ['running']]);
      throw boom;
    });
    expect(await rejection(failed)).toBe(boom);
    await Promise.all(during);
    expect(await store.get({ id: draft.id })).toMatchObject({ id: draft.id });
    expect(temp.words()).toEqual([]);
  });

  it('rolls back an effect that keeps the lock for too long, says so, and lets the others go on', async () => {
    const store = makeStore({ ...options(), holdMs: 50 });
    const lease = await claimOne(store);
    let wakeUp: () => void = () => undefined;
    let late: Promise<unknown> | undefined;
    const stuck = store.transact(lease, DONE, async (tx) => {
      const insert = (await tx.begin()).prepare(INSERT);
      insert.run('lost');
      await new Promise<void>((resolve) => {
        wakeUp = resolve;
      });
      late = rejection((async () => insert.run('late'))());
    });
    const opened = store.open(aDraft());
    const error = await rejection(stuck);
    expect(isTasklatchError(error, 'overloaded')).toBe(true);
    expect(String(error)).toMatch(/50 ms.*tx\.begin/);
    expect((await opened).created).toBe(true);
    wakeUp();
    await nextTurn();
    expect(isTasklatchError(await late, 'overloaded')).toBe(true);
    expect(temp.words()).toEqual([]);
    expect(await store.finish(lease, { kind: 'again', inMs: 0 })).toBe(true);
  });

  it('lets nothing be written through `tx` once the effect has ended', async () => {
    const store = makeStore(options());
    const kept: { tx?: SqliteTx; insert?: () => unknown } = {};
    await store.transact(await claimOne(store), DONE, async (tx) => {
      const open = await tx.begin();
      const insert = open.prepare(INSERT);
      kept.tx = tx;
      kept.insert = () => insert.run('late');
      insert.run('in time');
    });
    expect(kept.insert).toThrow(/over/);
    expect(isTasklatchError(await rejection(kept.tx?.begin() ?? nextTurn()), 'not_supported')).toBe(true);
    expect(temp.words()).toEqual(['in time']);
  });

  it('reads what it has just written, with `get` as with `all`, and commits after that', async () => {
    const store = makeStore(options());
    const seen = await store.transact(await claimOne(store), DONE, async (tx) => {
      const open = await tx.begin();
      for (const word of ['one', 'two']) open.prepare(`${INSERT} RETURNING word`).get(word);
      const select = open.prepare('SELECT word FROM words ORDER BY word');
      return [select.get(), select.all(), open.prepare('SELECT 1 FROM words WHERE word = ?').get('none')];
    });
    expect(seen).toMatchObject([{ word: 'one' }, [{ word: 'one' }, { word: 'two' }], undefined]);
    expect(temp.words()).toEqual(['one', 'two']);
  });
});

it('leaves the file to others until the effect calls `begin`', async () => {
  const store = makeStore();
  const other = makeStore({ busyMs: 1000 });
  const lease = await claimOne(store);
  await store.transact(lease, DONE, async () => {
    expect((await other.open(aDraft())).created).toBe(true);
  });
  expect(await store.finish(lease, DONE)).toBe(false);
  expect((await store.list({ effect: 'done' })).items.map(({ id }) => id)).toEqual([lease.taskId]);
});

it('rejects when the lock is not to be had, writes nothing, and can be called again', async () => {
  const store = makeStore({ busyMs: 100 });
  const lease = await claimOne(store);
  const call = () =>
    store.transact(lease, DONE, async (tx) => {
      (await tx.begin()).prepare(INSERT).run('word');
    });
  temp.exec('BEGIN IMMEDIATE');
  expect(isTasklatchError(await rejection(call()), 'store_unavailable')).toBe(true);
  temp.exec('COMMIT');
  expect(temp.words()).toEqual([]);
  await call();
  expect(temp.words()).toEqual(['word']);
});

it('gives the lock back when the effect does not wait for the `begin` it called', async () => {
  const store = makeStore({ busyMs: 2000 });
  const boom = new Error('boom');
  temp.exec('BEGIN IMMEDIATE');
  const lease = claimOne(store);
  temp.exec('COMMIT');
  const failed = store.transact(await lease, DONE, async (tx) => {
    temp.exec('BEGIN IMMEDIATE');
    void tx.begin().catch(() => undefined);
    throw boom;
  });
  expect(await rejection(failed)).toBe(boom);
  temp.exec('COMMIT');
  expect((await store.open(aDraft())).created).toBe(true);
});

it('notices when the effect has ended its transaction by itself', async () => {
  const store = makeStore();
  const lease = await claimOne(store);
  const odd = store.transact(lease, DONE, async (tx) => {
    (await tx.begin()).exec('COMMIT');
  });
  expect(String(await rejection(odd))).toMatch(/no transaction is active/);
  expect((await store.open(aDraft())).created).toBe(true);
});

it('passes the type of the connection it is given on to the effect', async () => {
  const store = sqliteStore({ database: () => new Libsql(temp.file) });
  stores.push(store);
  const lease = await claimOne(makeStore());
  expect(await store.transact(lease, DONE, async (tx) => (await tx.begin()).inTransaction)).toBe(true);
  // @ts-expect-error: the connection of a store with `file` promises only what every driver has.
  const other = makeStore().transact(lease, DONE, async (tx) => (await tx.begin()).inTransaction);
  expect(isTasklatchError(await rejection(other), 'lease_lost')).toBe(true);
});
