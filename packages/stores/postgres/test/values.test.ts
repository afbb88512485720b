import { randomUUID } from 'node:crypto';
import { aDelivery, aDraft, aFact } from '@tasklatch/testing';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromPostgresJs, migrate, type PostgresStore, postgresStore } from '../src/index.js';
import { testDatabase } from './database.js';

const database = testDatabase();
const schema = database.schema();
beforeAll(() => migrate({ query: database.admin, schema }));
afterAll(() => database.close());

const stores: readonly (readonly [string, () => PostgresStore<never> | PostgresStore])[] = [
  ['pg', () => postgresStore({ query: database.pool(), schema }) as PostgresStore<never>],
  [
    'pg without prepared statements',
    () => postgresStore({ query: database.pool(), schema, prepare: false }) as PostgresStore<never>,
  ],
  ['postgres.js', () => postgresStore({ query: fromPostgresJs(database.sql()), schema }) as PostgresStore<never>],
  [
    'a function over postgres.js',
    () => {
      const sql = database.sql({ transform: postgres.camel, prepare: false });
      return postgresStore({ query: (text, params) => sql.unsafe(text, [...params]), schema });
    },
  ],
];

/** What no column of PostgreSQL's types text and jsonb holds, and what looks like our escapes. */
const ODD = 'nul \0, lone \ud800 and \udfff, pair 😀, sub \u001a and \u001a0000, quote \' " \\ {} , $1';

describe.each(stores)('through %s', (_, makeStore) => {
  const store = makeStore();

  it('keeps every character of every text it is given', async () => {
    const id = `${ODD} ${randomUUID()}`;
    const draft = aDraft({
      id,
      provider: `p ${ODD}`,
      key: ODD,
      owner: ODD + id,
      model: ODD,
      fingerprint: ODD,
      sendToken: ODD,
    });
    const { task } = await store.open(draft);
    const { sendWithinMs: _within, deadlineMs: _deadline, ...said } = draft;
    expect(task).toMatchObject(said);
    const fact = aFact({
      ...{ provider: draft.provider, taskId: id, externalId: `ext ${id}`, status: 'succeeded', providerStatus: ODD },
      ...{ result: { files: [{ url: ODD, kind: 'image' }], data: { [ODD]: [ODD, 1e21, -0.5, null] } } },
      ...{ key: `key ${ODD}`, delivery: aDelivery(ODD, { headers: { 'x-odd': ODD } }), announce: true },
    });
    const [recorded] = await store.record([fact]);
    expect(recorded).toMatchObject({
      outcome: 'settled',
      task: { id, externalId: fact.externalId, result: fact.result },
    });
    expect((await store.ledger({ taskId: id })).entries).toMatchObject([{ id: `${id}:1`, fact }]);
    expect(await store.get({ provider: draft.provider, externalId: `ext ${id}` })).toEqual(recorded?.task);
    expect((await store.list({ owner: ODD + id, provider: draft.provider })).items).toEqual([recorded?.task]);
    const from = [{ provider: draft.provider, limit: 5, kinds: ['fact' as const] }];
    const want = { claimId: ODD + id, leaseMs: 60_000, from };
    const leases = await store.claim('effect', want);
    expect(leases).toMatchObject([{ taskId: id, entry: { fact }, task: recorded?.task }]);
    expect(await store.claim('effect', want)).toEqual(leases);
    for (const lease of leases) {
      expect(await store.finish(lease, { kind: 'dead', error: ODD })).toBe(true);
    }
    const { effects } = await store.ledger({ taskId: id });
    expect(effects.find(({ kind }) => kind === 'fact')).toMatchObject({ lastError: ODD });
  });

  it('keeps an odd delivery in the quarantine until its task comes', async () => {
    const id = `late ${ODD} ${randomUUID()}`;
    const provider = `q ${ODD} ${randomUUID()}`;
    const fact = aFact({
      provider,
      taskId: id,
      externalId: `x ${id}`,
      status: 'failed',
      error: { code: ODD, message: ODD },
    });
    for (const duplicate of [false, true]) {
      expect(await store.record([fact])).toMatchObject([{ outcome: 'quarantined', duplicate }]);
    }
    expect((await store.ledger({ quarantine: { provider } })).entries).toMatchObject([{ copies: 2, fact }]);
    const { task } = await store.open(aDraft({ id, provider }));
    expect(task).toMatchObject({ status: 'failed', externalId: `x ${id}`, error: fact.error });
  });

  it('takes ids of 10,000 characters that differ in the last one', async () => {
    const provider = `long ${randomUUID()}`;
    const long = 'é\0'.repeat(5_000);
    const facts = ['a', 'b'].map((end) =>
      aFact({
        provider,
        externalId: long + end,
        key: long + end,
        open: { id: `${provider} ${end}`, deadlineMs: 1000 },
      }),
    );
    const unknown = ['c', 'd'].map((end) => aFact({ provider, externalId: long + end, taskId: long + end, key: long }));
    const said = await store.record([...facts, ...unknown]);
    expect(said.map(({ outcome }) => outcome)).toEqual(['noted', 'noted', 'quarantined', 'quarantined']);
    expect((await store.record([...facts, ...unknown])).every(({ duplicate }) => duplicate)).toBe(true);
    for (const end of ['a', 'b']) {
      expect(await store.get({ provider, externalId: long + end })).toMatchObject({ id: `${provider} ${end}` });
    }
    expect(await store.get({ provider, externalId: `${long}c` })).toBe(undefined);
    const owner = `${long}${randomUUID()}`;
    const { task } = await store.open(aDraft({ provider, owner, key: long }));
    expect((await store.list({ owner })).items).toEqual([task]);
    expect((await store.list({ owner: `${owner}.` })).items).toEqual([]);
  });

  it('tells a provider and an id apart, wherever one ends and the other begins', async () => {
    const end = randomUUID();
    const pairs = [
      ['a', `b ${end}`],
      ['a b', end],
      ['a b ', end],
      ['a\u001a|b', end],
      ['a', `\u001a|b${end}`],
    ] as const;
    for (const [index, [provider, externalId]] of pairs.entries()) {
      await store.record([aFact({ provider, externalId, open: { id: `${end} ${index}`, deadlineMs: 1000 } })]);
    }
    for (const [index, [provider, externalId]] of pairs.entries()) {
      expect(await store.get({ provider, externalId })).toMatchObject({ id: `${end} ${index}`, provider, externalId });
    }
  });
});
