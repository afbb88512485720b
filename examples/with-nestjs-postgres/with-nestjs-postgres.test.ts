import { randomUUID } from 'node:crypto';
import { type Emulator, startEmulator } from '@tasklatch/emulator';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { freePort, type RunningExample, shown, startExample } from '../start-example.js';

const databaseUrl = inject('databaseUrl');

describe.skipIf(databaseUrl === null)('a shop on Nest and Postgres', () => {
  let emulator: Emulator;
  let admin: pg.Pool;
  let shop: pg.Pool;
  let name: string;
  let port: number;
  let app: RunningExample;

  const start = (): Promise<RunningExample> =>
    startExample(
      new URL('.', import.meta.url),
      {
        APIDOT_BASE_URL: emulator.url,
        APIDOT_API_KEY: emulator.apiKey,
        TASKLATCH_SECRET: 'a secret of this test, of more than 32 characters',
        DATABASE_URL: databaseOf(name),
      },
      { port },
    );
  const databaseOf = (database: string): string => {
    const url = new URL(databaseUrl ?? '');
    url.pathname = `/${database}`;
    return url.href;
  };

  beforeEach(async () => {
    // A database of its own, so that the app runs with its defaults.
    name = `shop_${randomUUID().replaceAll('-', '')}`;
    admin = new pg.Pool({ connectionString: databaseUrl ?? '', max: 1 });
    await admin.query(`create database ${name}`);
    shop = new pg.Pool({ connectionString: databaseOf(name), max: 2 });
    shop.on('error', () => undefined);
    emulator = await startEmulator({ pace: { runningMs: 300 }, faults: { callback: { duplicate: true } } });
    port = await freePort();
    app = await start();
  });
  afterEach(async () => {
    await app.end('SIGKILL');
    await emulator.close();
    await shop.end();
    await admin.query(`drop database ${name} with (force)`);
    await admin.end();
  });

  const order = (key: string, user = 'ann', prompt = `a red boat, ${key}`): Promise<Response> =>
    fetch(`${app.url}/orders`, {
      method: 'POST',
      headers: { 'x-user': user, 'content-type': 'application/json' },
      body: JSON.stringify({ key, prompt }),
    });
  const written = async (): Promise<string[]> =>
    (await shop.query<{ task_id: string }>('select task_id from orders order by task_id')).rows.map(
      (row) => row.task_id,
    );
  /** Every insert into orders takes so long, in the middle of its transaction. */
  const slowOrders = async (seconds: number): Promise<void> => {
    await shop.query(
      `create or replace function slow() returns trigger language plpgsql as 'begin perform pg_sleep(${seconds}); return new; end'`,
    );
    await shop.query('create or replace trigger slow after insert on orders for each row execute function slow()');
  };
  const beingWritten = async (): Promise<number> =>
    Number(
      (
        await admin.query(
          "select count(*) from pg_stat_activity where datname = $1 and query like 'insert into orders%' and state = 'active'",
          [name],
        )
      ).rows[0].count,
    );

  it('writes one order for one key, and shows its task to the one who ordered only', async () => {
    const headers = { 'x-user': 'ann' };
    const [one, same] = await Promise.all([shown(order('k1')), shown(order('k1'))]);
    expect(one.id).toBe(same.id);

    const events = await (await fetch(`${app.url}/tasks/${one.id}/events`, { headers })).text();
    expect(events).toContain('"status":"succeeded"');
    const { results } = await shown(fetch(`${app.url}/tasks/${one.id}`, { headers }));
    expect((await fetch(results[0]?.url ?? '')).headers.get('content-type')).toBe('image/png');
    await expect.poll(written, { timeout: 10_000 }).toEqual([one.id]);
    expect(await (await fetch(`${app.url}/orders`, { headers })).json()).toEqual({
      orders: [{ task_id: one.id, picture: results[0]?.url, cents: 1_200 }],
    });
    await emulator.idle();
    expect(emulator.counts()).toMatchObject({ tasksMade: 1, submits: 1 });

    const bob = { 'x-user': 'bob' };
    expect((await fetch(`${app.url}/tasks/${one.id}`, { headers: bob })).status).toBe(404);
    expect((await fetch(`${app.url}/tasks/${one.id}`)).status).toBe(401);
    const reused = await order('k1', 'ann', 'another picture');
    expect([reused.status, await reused.json()]).toEqual([409, { error: 'key_conflict' }]);
    expect((await fetch(`${app.url}/orders`, { method: 'POST', headers })).status).toBe(400);
    expect(app.output()).not.toMatch(/callbacks\/apidot\/\w|red boat/);
  });

  it('writes each order once though it is killed with -9 in the middle of writing them', async () => {
    await slowOrders(1);
    const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
    const ids = await Promise.all(keys.map(async (key) => (await shown(order(key))).id));
    await expect.poll(beingWritten, { timeout: 20_000, interval: 20 }).toBe(keys.length);
    await app.end('SIGKILL');
    await expect.poll(beingWritten, { timeout: 20_000 }).toBe(0);
    expect(await written()).toEqual([]);

    await slowOrders(0);
    app = await start();
    // The leases of the killed process must run out first.
    await expect.poll(async () => (await written()).length, { timeout: 60_000 }).toBe(keys.length);
    await app.end();
    expect(await written()).toEqual([...ids].sort());
    expect(emulator.counts()).toMatchObject({ tasksMade: keys.length, submits: keys.length });
  }, 120_000);

  it('lets what it writes end when it is asked to stop', async () => {
    await slowOrders(2);
    const { id } = await shown(order('k1'));
    await expect.poll(beingWritten, { timeout: 20_000, interval: 20 }).toBe(1);
    expect(await written()).toEqual([]);
    // Nest ends itself with the signal when its hooks are done.
    expect(await app.end('SIGTERM')).toBe('SIGTERM');
    expect(await written()).toEqual([id]);
  });
});
