import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { aFact, seededRandom } from '@tasklatch/testing';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Server, startPostgres } from '../../../../tools/services.js';
import { postgresStore } from '../src/index.js';

const KILLS = 5;
const SEED = 11;

// Its own, with the server's own settings: a commit is on the disk before it is acknowledged.
let server: Server;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

it(`keeps what it acknowledged, and does each effect once, through ${KILLS} kill -9 of the server`, async () => {
  const pools: pg.Pool[] = [];
  const storeOfAProcess = (options?: string) => {
    const pool = new pg.Pool({ connectionString: server.url, max: 6, connectionTimeoutMillis: 2_000, options });
    pool.on('error', () => {});
    pools.push(pool);
    return postgresStore({ query: pool, timeoutMs: 2_000 });
  };
  const store = storeOfAProcess();
  await store.migrate();
  await pools[0]?.query('create table shipped (task_id text not null)');

  const acknowledged = new Map<string, string>();
  let over = false;
  const accepting = async (accept: typeof store): Promise<void> => {
    while (!over) {
      const facts = Array.from({ length: 4 }, () => {
        const id = randomUUID();
        return aFact({ externalId: id, status: 'succeeded', open: { id, deadlineMs: 60_000 } });
      });
      // Like a sender: again until it is acknowledged.
      while (
        !over &&
        !(await accept.record(facts).then(
          () => true,
          () => false,
        ))
      )
        await sleep(20);
      if (!over) for (const { externalId, key } of facts) acknowledged.set(externalId ?? '', key);
    }
  };
  const working = async (work: typeof store): Promise<void> => {
    for (let idle = 0; !over || idle < 3; ) {
      const want = {
        claimId: randomUUID(),
        leaseMs: 3_000,
        from: [{ provider: 'acme', limit: 8, kinds: ['settled' as const] }],
      };
      const leases = await work.claim('effect', want).catch(() => undefined);
      if (leases === undefined) await sleep(20);
      idle = leases?.length === 0 ? idle + 1 : 0;
      await Promise.allSettled(
        (leases ?? []).map((lease) =>
          work.transact(lease, { kind: 'done' }, (tx) => tx.query('insert into shipped values ($1)', [lease.taskId])),
        ),
      );
    }
  };
  // One asks the server for less than it needs, as a whole database may be set to.
  const processes = [store, storeOfAProcess('-c synchronous_commit=off')];
  const running = processes.flatMap((each) => [accepting(each), accepting(each), working(each)]);

  const random = seededRandom(SEED);
  for (let kills = 0; kills < KILLS; kills += 1) {
    await sleep(100 + random.fraction() * 500);
    await server.kill();
    await server.restart();
  }
  await sleep(300);
  over = true;
  await Promise.all(running);
  // Leases of transactions whose end nobody heard of are over now.
  await sleep(3_200);
  await working(store);

  const check = new pg.Pool({ connectionString: server.url, max: 1 });
  pools.push(check);
  const lost: string[] = [];
  for (const [id, key] of acknowledged) {
    const { entries } = await store.ledger({ taskId: id });
    if (!entries.some(({ fact }) => fact.key === key)) lost.push(id);
  }
  expect(acknowledged.size).toBeGreaterThan(50);
  expect(lost).toEqual([]);
  const { rows } = await check.query(`
    select count(*) filter (where e.state <> 'done')::int as undone, count(*) filter (where s.times <> 1)::int as not_once,
      count(*)::int as effects, (select count(*)::int from shipped) as shipped
    from tasklatch.effect e left join (select task_id, count(*) as times from shipped group by task_id) s using (task_id)`);
  expect(rows).toMatchObject([{ undone: 0, not_once: 0 }]);
  expect(rows[0].shipped).toBe(rows[0].effects);
  await Promise.all(pools.map((pool) => pool.end()));
}, 120_000);
