import { randomUUID } from 'node:crypto';
import type { ClaimOptions } from '@tasklatch/core';
import { aDelivery, aDraft, aFact } from '@tasklatch/testing';
import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { migrate, type PostgresStore, postgresStore } from '../src/index.js';
import { testDatabase } from './database.js';

const database = testDatabase();
const schema = database.schema();
const { admin } = database;
beforeAll(() => migrate({ query: admin, schema }));
afterAll(() => database.close());

/** What the server says about each statement it runs, those inside functions too. */
let plans: string[] = [];

/** One connection, which keeps its plans. */
const observedStore = (): PostgresStore<pg.PoolClient> => {
  const pool = database.pool({
    max: 1,
    idleTimeoutMillis: 0,
    onConnect: async (client) => {
      await client.query(`load 'auto_explain'; set auto_explain.log_min_duration = 0;
        set auto_explain.log_nested_statements = on; set auto_explain.log_analyze = on; set auto_explain.log_buffers = on;
        set auto_explain.log_timing = off; set client_min_messages = log`);
      client.on('notice', ({ message }) => plans.push(message ?? ''));
    },
  });
  return postgresStore({ query: pool, schema, notify: false, timeoutMs: 60_000 });
};

interface Plan {
  readonly plan: string;
  readonly scansAll: boolean;
  /** Compiled, which takes longer than all the rest of such a statement. */
  readonly jit: boolean;
  readonly pages: number;
  readonly rows: number;
}

function readPlan(plan: string): Plan {
  const numbers = (pattern: RegExp): number[] => [...plan.matchAll(pattern)].map(([, n]) => Number(n));
  return {
    plan,
    scansAll: /Seq Scan on (task|entry|effect|quarantine)\b/.test(plan),
    jit: /^JIT:/m.test(plan),
    // The first line of buffers is that of the whole statement.
    pages: (numbers(/shared hit=(\d+)/g)[0] ?? 0) + (numbers(/shared(?: hit=\d+)? read=(\d+)/g)[0] ?? 0),
    rows: Math.max(0, ...numbers(/actual rows=([\d.]+)/g), ...numbers(/Rows Removed by Filter: (\d+)/g)),
  };
}

/** Runs an act and looks at every plan it took. */
async function cheap<T>(
  name: string,
  act: () => Promise<T>,
  most: { pages: number; rows: number } = { pages: 600, rows: 70 },
): Promise<T> {
  plans = [];
  const answer = await act();
  expect(plans.length, `${name} was not observed`).toBeGreaterThan(0);
  for (const plan of plans.map(readPlan)) {
    expect(plan, `${name} reads a whole table`).toMatchObject({ scansAll: false });
    expect(plan, `${name} is compiled`).toMatchObject({ jit: false });
    // A call of a function counts all pages that the statements in it read.
    const factor = plan.plan.includes('as answer') ? 60 : 1;
    expect(plan.pages, `${name} reads too many pages: ${plan.plan}`).toBeLessThan(most.pages * factor);
    expect(plan.rows, `${name} looks at too many rows: ${plan.plan}`).toBeLessThan(most.rows);
  }
  return answer;
}

/** Every act but `list`, on tasks that `fill` made, if it made them. */
async function allActs(store: PostgresStore<pg.PoolClient>): Promise<void> {
  const id = randomUUID();
  const draft = aDraft({ id, provider: 'p1', owner: 'big' });
  await cheap('open', () => store.open(draft));
  await cheap('open again', () => store.open(draft));
  const say = (name: string, over: Parameters<typeof aFact>[0]) =>
    cheap(`record ${name}`, () => store.record([aFact({ provider: 'p1', ...over })]));
  await say('a submit answer', { taskId: id, externalId: id, source: 'submit', status: 'pending' });
  await say('by external id', { externalId: id, announce: true });
  await say('a copy', { externalId: id, announce: true });
  await say('the verdict', {
    ...{ taskId: id, externalId: id, status: 'succeeded', announce: true, delivery: aDelivery('done') },
  });
  await say('an unknown id', { externalId: `unknown-${id}` });
  await say('an unknown id again', { externalId: `unknown-${id}` });
  await say('what opens a task', { externalId: `open-${id}`, open: { id: `open-${id}`, deadlineMs: 1000 } });
  await say('an early one', { taskId: `late-${id}`, externalId: `late-${id}` });
  await cheap('open that adopts', () => store.open(aDraft({ provider: 'p1', id: `late-${id}` })));
  const [held] = (await cheap('the quarantine', () => store.ledger({ quarantine: { provider: 'p1', limit: 50 } })))
    .entries;
  await say('a release', { externalId: id, releases: held?.id ?? null, nonce: 'released' });
  await say('a replay', { taskId: id, source: 'operator', status: null, replay: 'settled' });
  await cheap(
    'record 64',
    () =>
      store.record(
        Array.from({ length: 64 }, (_, n) =>
          aFact({ provider: `p${n % 3}`, externalId: `x${n * 1009}`, status: 'failed', nonce: id }),
        ),
      ),
    { pages: 1500, rows: 70 },
  );
  const want = (over: Partial<ClaimOptions> = {}): ClaimOptions => ({
    ...{
      claimId: randomUUID(),
      leaseMs: 60_000,
      from: ['p0', 'p1', 'p2', 'rare', 'none'].map((provider) => ({ provider, limit: 10 })),
    },
    ...over,
  });
  const again = want();
  const effects = await cheap('claim effects', () => store.claim('effect', again), { pages: 1500, rows: 151 });
  await cheap('claim effects again', () => store.claim('effect', again));
  await cheap('claim effects nobody has', () =>
    store.claim('effect', want({ from: [{ provider: 'none', limit: 10 }] })),
  );
  const checks = await cheap('claim checks', () => store.claim('check', want()), { pages: 1500, rows: 70 });
  for (const lease of [...effects.slice(0, 3), ...checks.slice(0, 3)]) {
    await cheap('extend', () => store.extend(lease, 90_000));
    await cheap('finish', () => store.finish(lease, { kind: 'again', inMs: 3_600_000 }));
  }
  const whole = effects.slice(4, 6);
  for (const lease of whole) {
    await cheap('split', () => store.finish(lease, { kind: 'split', into: ['settled:one', 'settled:two'] }));
  }
  const parts = ['settled:one', 'settled:two', 'settled:none'] as const;
  const fromParts = want().from.map((one) => ({ ...one, kinds: parts }));
  const claimed = await cheap('claim parts', () => store.claim('effect', want({ from: fromParts })));
  expect(claimed.length > 0).toBe(whole.length > 0);
  const [effect] = effects.slice(3);
  if (effect) await cheap('transact', () => store.transact(effect, { kind: 'done' }, async () => {}));
  await cheap('get', () => store.get({ id }));
  await cheap('get by external id', () => store.get({ provider: 'p1', externalId: id }));
  await cheap('ledger', () => store.ledger({ taskId: id }));
  const never = Number.POSITIVE_INFINITY;
  await cheap('purge nothing', () =>
    store.purge({ settledForMs: never, abandonedForMs: never, quarantinedForMs: never }),
  );
  await cheap(
    'purge tasks',
    () => store.purge({ settledForMs: 0, abandonedForMs: never, quarantinedForMs: never, limit: 50 }),
    { pages: 3000, rows: 120 },
  );
  await cheap('purge the quarantine', () =>
    store.purge({ settledForMs: never, abandonedForMs: never, quarantinedForMs: 0, limit: 50 }),
  );
  const forget = { settledForMs: never, abandonedForMs: never, quarantinedForMs: never, contentForMs: 0, limit: 50 };
  const forgotten = await cheap('purge contents', () => store.purge(forget), { pages: 3000, rows: 120 });
  expect(forgotten).toBeGreaterThan(0);
  await cheap('discard', () =>
    store.purge({ settledForMs: 0, abandonedForMs: 0, quarantinedForMs: 0, discard: ['q1', 'q2'] }),
  );
}

const STATUS = `case when n % 10 < 7 then 'succeeded' when n % 10 < 9 then 'running' when n % 20 = 9 then 'pending' else 'failed' end`;

/** Tasks `from` to `to`, a second apart: a third each with p0, p1, p2, a few with `rare`; most settled, some with due effects, few dead. */
const fill = (from: number, to: number): Promise<unknown> =>
  admin.query(`
    insert into ${schema}.task (id, provider, owner, expects_callback, status, external_id, sends, created_at, updated_at,
        settled_at, deadline_at, next_check_at, entries, content)
      select 't' || n, case when n % 10000 = 0 then 'rare' else 'p' || n % 3 end,
        case when n % 3 = 0 then 'big' else 'o' || n % 100000 end, true, s, 'x' || n, 1, at, at,
        case when s in ('succeeded', 'failed') then at end, at + interval '1 day',
        case when s in ('running', 'pending') then at + interval '1 hour' end, 1, n % 4 > 0
      from (select n, now() - (${to} - n) * interval '1 second' as at, ${STATUS} as s from generate_series(${from}, ${to}) n) d;
    insert into ${schema}.entry (task_id, seq, key, at, last_at, outcome, fact, content)
      select 't' || n, 1, 'k', now(), now(), 'noted', '{}', case when n % 4 > 0 then '{"body":""}'::json end from generate_series(${from}, ${to}) n;
    insert into ${schema}.effect (task_id, kind, number, provider, state, due_at, ready_at)
      select t.id, 'settled', 1, t.provider, e.state, t.settled_at, case e.state when 'due' then t.settled_at end
      from generate_series(${from}, ${to}) n join ${schema}.task t on t.id = 't' || n,
        lateral (select case when n % 10000 = 1 then 'dead' when n % 100 < 10 then 'due' else 'done' end as state) e
      where t.settled_at is not null`);

/** Builds the indexes anew afterwards: quicker than keeping them up to date. */
async function withoutIndexes(act: () => Promise<unknown>): Promise<void> {
  const { rows } = await admin.query<{ name: string; indexdef: string }>(
    "select format('%I.%I', schemaname, indexname) as name, indexdef from pg_indexes where schemaname = $1 and indexname not like '%_pkey'",
    [schema],
  );
  await admin.query(`drop index ${rows.map(({ name }) => name).join()}`);
  await act();
  for (const { indexdef } of rows) await admin.query(indexdef);
}

it('takes every act through indexes, by plans made on empty tables, before and after they have grown', async () => {
  const store = observedStore();
  // What autovacuum would find out is not known yet, in the worst case.
  for (const table of ['task', 'entry', 'effect', 'quarantine']) {
    await admin.query(`alter table ${schema}.${table} set (autovacuum_enabled = off)`);
  }
  await allActs(store);
  await allActs(store);
  await fill(1, 50_000);
  await allActs(store);
}, 120_000);

it('takes every act through indexes with 1,000,000 tasks, before the server has looked at them and after', async () => {
  await withoutIndexes(() => fill(50_001, 1_000_000));
  await allActs(observedStore());
  await admin.query(`analyze ${schema}.task, ${schema}.entry, ${schema}.effect, ${schema}.quarantine`);
  const store = observedStore();
  for (let times = 0; times < 3; times += 1) await allActs(store);

  const page = { pages: 2000, rows: 3000 };
  const first = await cheap('list', () => store.list({ limit: 100 }), page);
  await cheap('list the next page', () => store.list({ limit: 100, cursor: first.next ?? '' }), page);
  await cheap("list an owner's", () => store.list({ owner: 'o4321' }), page);
  await cheap("list a big owner's", () => store.list({ owner: 'big', status: 'failed' }), page);
  await cheap('list a small provider', () => store.list({ provider: 'rare' }), page);
  await cheap('list a small provider by status', () => store.list({ provider: 'rare', status: 'running' }), page);
  await cheap('list by status', () => store.list({ status: 'failed', provider: 'p1' }), page);
  await cheap('list the dead', () => store.list({ effect: 'dead' }), page);
  await cheap('list the due', () => store.list({ effect: 'due', limit: 10 }), page);
  await cheap('list the running', () => store.list({ effect: 'running', provider: 'p0' }), page);
}, 240_000);
