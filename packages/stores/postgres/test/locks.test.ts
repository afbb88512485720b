import { randomUUID } from 'node:crypto';
import {
  causeOf,
  type EffectKind,
  type EffectLease,
  type EffectRecord,
  type Fact,
  type TaskStore,
  type WorkEnd,
} from '@tasklatch/core';
import { aDelivery, aDraft, aFact, seededRandom } from '@tasklatch/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { postgresStore } from '../src/index.js';
import { sqlState } from '../src/sql-state.js';
import { testDatabase } from './database.js';

const database = testDatabase();
afterAll(() => database.close());

const SEED = 3;
const ROUNDS = 40;
const CALLERS = 12;
const KINDS: readonly EffectKind[] = (['settled', 'progress', 'fact'] as const).flatMap((cause) => [
  cause,
  `${cause}:one` as const,
  `${cause}:two` as const,
]);

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
      replay: chance(0.1) ? (KINDS[upTo(KINDS.length)] ?? null) : null,
      delivery: chance(0.3) ? aDelivery('said') : null,
      open: chance(0.1) ? { id: randomUUID(), deadlineMs: 60_000 } : null,
      unparseable: chance(0.05),
      releases: chance(0.1) ? `q${upTo(400)}` : null,
      nonce: `${upTo(30)}`,
    });
  const anyEnd = ({ kind }: EffectLease): WorkEnd => {
    if (chance(0.4)) return { kind: 'again', inMs: 0 };
    const cause = causeOf(kind);
    return kind !== cause ? { kind: 'done' } : { kind: 'split', into: [`${cause}:one`, `${cause}:two`] };
  };
  const act = async (store: TaskStore): Promise<unknown> => {
    if (chance(0.6)) return store.record(Array.from({ length: 1 + upTo(12) }, anyFact));
    if (chance(0.3)) return store.open(aDraft({ id: name('task'), provider: 'p', sendWithinMs: 0 }));
    const want = { claimId: randomUUID(), leaseMs: 20, from: [{ provider: 'p', limit: 5, kinds: KINDS }] };
    if (chance(0.6)) {
      const leases = [...(await store.claim('effect', want)), ...(await store.claim('check', want))];
      return Promise.all(
        leases.map((lease) => store.finish(lease, lease.work === 'check' ? { kind: 'again', inMs: 0 } : anyEnd(lease))),
      );
    }
    if (!purging) return store.list({ provider: 'p', effect: 'due' });
    const old = {
      ...{ settledForMs: 30, abandonedForMs: 30, quarantinedForMs: chance(0.1) ? 500 : 60_000, limit: 5 },
      ...(chance(0.5) && { settledForMs: 60_000, abandonedForMs: 60_000, contentForMs: 10 }),
    };
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
  const { rows: untrue } = await database.admin.query(`
    select t.id, t.content from ${schema}.task t where t.content is distinct from exists (
      select from ${schema}.entry e where e.task_id = t.id and e.content is not null)`);
  expect(untrue).toEqual([]);
  const { rows: orphans } = await database.admin.query(`
    select * from ${schema}.effect e where not exists (select from ${schema}.task t where t.id = e.task_id)`);
  expect(orphans).toEqual([]);
  const { rows: counts } = await database.admin.query(`select (select count(*)::int from ${schema}.task) as tasks,
    (select count(*)::int from ${schema}.entry) as entries,
    (select count(*)::int from ${schema}.effect where kind like '%:%') as parts, (select count(*)::int from ${schema}.quarantine) as kept`);
  expect(counts[0].entries).toBeGreaterThan(100);
  expect(counts[0].parts).toBeGreaterThan(20);
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

describe('what comes while the end of a run is being committed', () => {
  const schema = database.schema();
  const store = postgresStore({ query: database.pool(), schema });
  beforeAll(() => store.migrate());

  /** Makes `progress` due and claims it; ends it in a transaction, commits that once `meanwhile` waits for it. */
  async function endWhile(end: 'done' | 'split', meanwhile: Partial<Fact>): Promise<readonly EffectRecord[]> {
    const provider = randomUUID();
    const { task } = await store.open(aDraft({ provider }));
    const say = (over: Partial<Fact>) => store.record([aFact({ provider, taskId: task.id, externalId: 'x', ...over })]);
    await say({ status: 'running', progress: 10 });
    await store.claim('effect', { claimId: randomUUID(), leaseMs: 60_000, from: [{ provider, limit: 1 }] });
    const ending = await database.pool({ max: 1 }).connect();
    await ending.query('begin');
    await ending.query(`select ${schema}.finish_effect_v1($1, 'progress', 0, 1, $2, $3, null, null)`, [
      ...[task.id, end, end === 'split' ? 'progress:one' : null],
    ]);
    const said = say(meanwhile);
    await vi.waitFor(async () => {
      const { rows } = await database.admin.query(
        'select from pg_stat_activity where wait_event_type = $1 and query like $2',
        [...['Lock', `%${schema}%record_v1%`]],
      );
      expect(rows).toHaveLength(1);
    }, 5_000);
    await ending.query('commit');
    ending.release();
    await said;
    return (await store.ledger({ taskId: task.id })).effects.filter(({ kind }) => causeOf(kind) === 'progress');
  }

  it('makes an effect due again for growth that the run did not see', async () => {
    expect(await endWhile('done', { status: 'running', progress: 20 })).toMatchObject([{ state: 'due', starts: 0 }]);
  });

  it('ends the parts of `progress` when the task settles as they come to be', async () => {
    const ended = await endWhile('split', { status: 'succeeded' });
    expect(ended.map(({ kind, state }) => [kind, state])).toEqual([
      ['progress', 'done'],
      ['progress:one', 'done'],
    ]);
  });
});
