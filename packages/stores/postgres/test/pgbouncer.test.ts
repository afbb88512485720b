import { randomUUID } from 'node:crypto';
import { aDraft, aFact } from '@tasklatch/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { fromPostgresJs, migrate, postgresStore } from '../src/index.js';
import { databaseUrl, testDatabase } from './database.js';
import { startPgBouncer } from './pgbouncer.js';

const bouncer = await startPgBouncer(databaseUrl);
if (bouncer === undefined) console.warn('[services] pgbouncer: MISSING, its tests are skipped.');

describe.skipIf(bouncer === undefined)('behind PgBouncer in transaction mode', () => {
  const database = testDatabase(bouncer?.url ?? databaseUrl);
  const schema = database.schema();
  afterAll(async () => {
    await database.close();
    await bouncer?.stop();
  });
  const stores = [
    ['pg', () => postgresStore({ query: database.pool({ max: 10 }), schema })],
    // It keeps no record of what a pooler lost, so it has to be told.
    ['postgres.js', () => postgresStore({ query: fromPostgresJs(database.sql({ max: 10, prepare: false })), schema })],
  ] as const;

  it.each(stores)(
    'migrates, accepts, claims and finishes with %s, from many connections at once',
    async (_, makeStore) => {
      const store = makeStore();
      await Promise.all([store.migrate(), migrate({ query: database.pool(), schema })]);
      const provider = randomUUID();
      const live = async () => {
        const { id } = (await store.open(aDraft({ provider }))).task;
        const [said] = await store.record([aFact({ provider, taskId: id, externalId: id, status: 'succeeded' })]);
        expect(said).toMatchObject({ outcome: 'settled', duplicate: false });
        expect(await store.get({ provider, externalId: id })).toEqual(said?.task);
      };
      for (let times = 0; times < 5; times += 1) await Promise.all(Array.from({ length: 20 }, live));
      const want = { leaseMs: 60_000, from: [{ provider, limit: 30 }] };
      const claims = Array.from({ length: 5 }, () => store.claim('effect', { ...want, claimId: randomUUID() }));
      const leases = (await Promise.all(claims)).flat();
      expect(new Set(leases.map(({ taskId }) => taskId)).size).toBe(100);
      await Promise.all(leases.map((lease) => store.transact(lease, { kind: 'done' }, async () => {})));
      expect((await store.list({ provider, effect: 'done', limit: 200 })).items).toHaveLength(100);
      await store.close?.();
    },
  );
});
