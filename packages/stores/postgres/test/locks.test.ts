import { randomUUID } from 'node:crypto';
import type { Fact, TaskStore } from '@tasklatch/core';
import { aDraft, aFact, seededRandom } from '@tasklatch/testing';
import { afterAll, expect, it } from 'vitest';
import { postgresStore } from '../src/index.js';
import { sqlState } from '../src/sql-state.js';
import { testDatabase } from './database.js';

const database = testDatabase();
afterAll(() => database.close());

const SEED = 3;
const ROUNDS = 40;
const CALLERS = 12;

/** Calls whatever there is on few tasks from many connections at once, and says what the server refused. */
async function mayhem(purging: boolean): Promise<readonly string[]> {
  const schema = database.schema();
  const failures: string[] = [];
  const stores: TaskStore[] = Array.from({ length: CALLERS }, () => {
    const pool = database.pool({ max: 1 });
    const query = async (text: string, params: readonly (string | null)[]) =>
      pool.query(text, [...params]).catch((error: unknown) => {
        failures.push(sqlState(error) || String(error));
        throw error;
      });
    return postgresStore({ query, schema, notify: false });
  });
  await postgresStore({ query: database.admin, schema }).migrate();

  const { fraction } = seededRandom(SEED);
  const upTo = (most: number): number => Math.floor(fraction() * most);
  const chance = (share: number): boolean => fraction() < share;
  const providers = ['p', 'q'];
  let round = 0;
  // Few, and new ones every other round, so that all that can be done to a new one is done at once.
  const name = (what: string): string => `${what} ${Math.floor(round / 2)} ${upTo(4)}`;
  const anyFact = (): Fact =>
    aFact({
      provider: providers[upTo(8) === 0 ? 1 : 0] ?? '',
      taskId: chance(0.6) ? name('task') : null,
      externalId: chance(0.7) ? name('external') : null,
      trust: chance(0.3) ? 'hint' : 'authentic',
      status: chance(0.1) ? 'succeeded' : 'running',
      progress: upTo(100),
      announce: chance(0.3),
      open: chance(0.1) ? { id: randomUUID(), deadlineMs: 60_000 } : null,
      unparseable: chance(0.05),
      releases: chance(0.1) ? `q${upTo(400)}` : null,
      nonce: `${upTo(30)}`,
    });
  const act = async (store: TaskStore): Promise<unknown> => {
    if (chance(0.6)) return store.record(Array.from({ length: 1 + upTo(12) }, anyFact));
    if (chance(0.3)) return store.open(aDraft({ id: name('task'), provider: 'p', sendWithinMs: 0 }));
    const want = { claimId: randomUUID(), leaseMs: 20, from: [{ provider: 'p', limit: 5 }] };
    if (chance(0.4)) {
      const leases = [...(await store.claim('effect', want)), ...(await store.claim('check', want))];
      return Promise.all(leases.map((lease) => store.finish(lease, { kind: 'again', inMs: 0 })));
    }
    if (!purging) return store.list({ provider: 'p', effect: 'due' });
    const old = { settledForMs: 30, abandonedForMs: 30, quarantinedForMs: chance(0.1) ? 500 : 60_000, limit: 5 };
    return store.purge(chance(0.2) ? { ...old, discard: [`q${upTo(400)}`, `q${upTo(400)}`] } : old);
  };
  for (round = 0; round < ROUNDS; round += 1) {
    await Promise.allSettled(stores.map(async (store) => [await act(store), await act(store), await act(store)]));
  }

  const { rows } = await database.admin.query(`
    select q.id, q.task_id, q.external_id, t.id as held_by, t.external_id as held_id
    from ${schema}.quarantine q join ${schema}.task t on t.provider = q.provider and not q.unparseable
      and (t.id = q.task_id or (q.task_id is null and t.external_id = q.external_id))`);
  expect(rows).toEqual([]);
  const { rows: counts } = await database.admin.query(`select (select count(*)::int from ${schema}.task) as tasks,
    (select count(*)::int from ${schema}.entry) as entries, (select count(*)::int from ${schema}.quarantine) as kept`);
  expect(counts[0].entries).toBeGreaterThan(100);
  expect(counts[0].kept).toBeGreaterThan(10);
  return failures;
}

it('never locks in a circle, and leaves nothing in the quarantine that has a task, whatever comes together', async () => {
  expect(await mayhem(false)).toEqual([]);
}, 120_000);

it('does so while tasks are purged under it, but for calls that it makes again', async () => {
  // 40001: rolled back because a task went away between two looks. Deadlocks would be 40P01.
  expect((await mayhem(true)).filter((state) => state !== '40001')).toEqual([]);
}, 120_000);
