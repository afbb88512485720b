import { type Fact, isTerminal, type Task, type TaskStatus, transition } from '@tasklatch/core';
import { aFact } from '@tasklatch/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { postgresStore } from '../src/index.js';
import { packFact } from '../src/pack-fact.js';
import { readTask } from '../src/read-answer.js';
import { testDatabase } from './database.js';

const CASES = 5_000;
const NOW = Date.UTC(2026, 5, 1);

const database = testDatabase();
const schema = database.schema();
beforeAll(() => postgresStore({ query: database.admin, schema }).migrate());
afterAll(() => database.close());

const STATUSES: readonly TaskStatus[] = [
  ...(['submitting', 'unclear', 'pending', 'running'] as const),
  ...(['succeeded', 'failed', 'canceled', 'expired'] as const),
];
const externalId = fc.constantFrom(null, 'a', 'b');
const time = fc.integer({ min: -5, max: 5 }).map((n) => NOW + n * 1000);
const result = fc.constantFrom(null, {
  files: [{ url: 'u', kind: 'image' as const }],
  data: 'nul \u0000, lone \ud800',
});
const error = fc.constantFrom(null, { code: 'bad', message: 'no \u0000 good' });

const task: fc.Arbitrary<Task> = fc
  .record({
    status: fc.constantFrom(...STATUSES),
    externalId,
    externalIdHinted: fc.boolean(),
    hinted: fc.boolean(),
    progress: fc.constantFrom(null, 0, 12.5, 50, 100),
    result,
    error,
    sendToken: fc.constantFrom(null, 's', 't'),
    verdicts: fc.nat(2),
    version: fc.nat(9),
    settledAt: fc.option(time),
    deadlineAt: time,
    nextCheckAt: time,
  })
  .map((drawn) => ({
    id: 'task',
    provider: 'acme',
    ...{ key: null, owner: null, model: null, fingerprint: null, expectsCallback: true, sends: 1 },
    ...{ createdAt: NOW - 9000, updatedAt: NOW - 8000 },
    ...drawn,
    // Only what can come to be: the rest is nobody's promise.
    externalIdHinted: drawn.externalIdHinted && drawn.externalId !== null,
    ...(isTerminal(drawn.status)
      ? { nextCheckAt: null, hinted: false, progress: drawn.status === 'succeeded' ? 100 : null }
      : { result: null, error: null }),
  }));

const fact: fc.Arbitrary<Fact> = fc
  .record({
    source: fc.constantFrom('submit' as const, 'delivery' as const, 'check' as const, 'deadline' as const),
    trust: fc.constantFrom('authentic' as const, 'authentic' as const, 'hint' as const),
    externalId,
    status: fc.constantFrom(null, ...STATUSES.filter((status) => status !== 'submitting')),
    progress: fc.constantFrom(null, 0, 12.5, 50, 100),
    result,
    error,
    checkInMs: fc.constantFrom(null, 0, 1500, 60_000),
    notSent: fc.constantFrom(null, 's', 't'),
  })
  .map((drawn) => aFact(drawn as Partial<Fact>));

/** A task as a row, in JSON, but for what JSON functions can't take apart. */
const rowOf = (held: Task) => ({
  ...{ id: held.id, provider: held.provider, expects_callback: held.expectsCallback, status: held.status },
  ...{ external_id: held.externalId, external_id_hinted: held.externalIdHinted, hinted: held.hinted },
  ...{ progress: held.progress, sends: held.sends, send_token: held.sendToken, verdicts: held.verdicts },
  ...{ version: held.version, created_at: iso(held.createdAt), updated_at: iso(held.updatedAt) },
  ...{ settled_at: iso(held.settledAt), deadline_at: iso(held.deadlineAt), next_check_at: iso(held.nextCheckAt) },
  ...{ check_fence: 0, check_starts: 0, entries: 0, dropped: 0, content: false },
});
const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
const text = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

it(`changes a task exactly as the core's transition does, in ${CASES} random cases`, async () => {
  const cases = fc.sample(fc.record({ task, fact, taken: fc.boolean() }), { numRuns: CASES, seed: 5 });
  // Each has an id of its own, so that rows and cases meet again, and a provider, so that external ids do not clash.
  const drawn = cases.map((one, index) => ({ ...one, task: { ...one.task, id: `${index}`, provider: `p${index}` } }));
  const { admin } = database;
  await admin.query(
    `insert into ${schema}.task select * from json_populate_recordset(null::${schema}.task, $1::text::json)`,
    [JSON.stringify(drawn.map((one) => rowOf(one.task)))],
  );
  const parameters = drawn.map(({ task: { id, result: held, error: failed }, fact: said, taken }) => ({
    ...{ id, taken, result: text(held), error: text(failed), fact: text(packFact(said)) },
  }));
  const { rows } = await admin.query<{
    id: string;
    task: string;
    outcome: string;
    changed: boolean;
    due: string | null;
  }>(
    `with given as (
       select * from json_to_recordset($1::text::json) as d(id text, taken boolean, result text, error text, fact text)),
     held as (
       update ${schema}.task t set result = g.result::json, error = g.error::json
       from given g where t.id = g.id returning t as task, g.fact, g.taken)
     select ${schema}.task_json_v1(step.next)::text as task, step.outcome, step.changed, step.due
     from held, lateral ${schema}.transition_v1(held.task,
       json_populate_record(null::${schema}.fact_v1, held.fact::json), $2::timestamptz, held.taken) step`,
    [JSON.stringify(parameters), iso(NOW)],
  );
  const actual = new Map(
    rows.map(({ task: next, ...said }) => {
      const parsed = readTask(JSON.parse(next) as Task);
      return [parsed.id, { task: parsed, ...said }];
    }),
  );
  expect(actual.size).toBe(CASES);
  for (const { task: held, fact: said, taken } of drawn) {
    expect({ held, said, taken, ...actual.get(held.id) }).toEqual({
      ...{ held, said, taken },
      ...transition(held, said, NOW, taken),
    });
  }
}, 60_000);
