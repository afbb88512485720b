import { type AddressInfo, connect, createServer } from 'node:net';
import { aFact } from '@tasklatch/testing';
import { afterAll, expect, it } from 'vitest';
import { postgresStore } from '../src/index.js';
import { databaseUrl, testDatabase } from './database.js';

const database = testDatabase();
afterAll(() => database.close());

/** What a server sends on each connection when its main process is killed. */
const FATAL = (() => {
  const fields = Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0');
  const head = Buffer.from('E\0\0\0\0');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
})();

it('survives that the end of a connection comes in one packet with the answer before it', async () => {
  const schema = database.schema();
  await postgresStore({ query: database.admin, schema }).migrate();
  const server = new URL(databaseUrl);
  let armed = false;
  const door = createServer((client) => {
    const upstream = connect(Number(server.port || 5432), server.hostname);
    client.pipe(upstream);
    upstream.on('data', (chunk: Buffer) => {
      const fatal = armed && chunk.subarray(-6).toString('latin1') === 'Z\0\0\0\u0005I';
      if (!fatal) return client.write(chunk);
      armed = false;
      return client.end(Buffer.concat([chunk, FATAL]));
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => {});
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  const url = new URL(server);
  url.host = `127.0.0.1:${(door.address() as AddressInfo).port}`;
  // One connection, so that whoever waits for it gets it in the very moment the answer is read.
  const store = postgresStore({
    query: database.pool({ connectionString: url.href, max: 1 }),
    schema,
    timeoutMs: 5_000,
  });
  await store.record([aFact({ externalId: 'x', status: 'succeeded', open: { id: 't', deadlineMs: 1000 } })]);
  const [lease] = await store.claim('effect', {
    claimId: 'c',
    leaseMs: 60_000,
    from: [{ provider: 'acme', limit: 1 }],
  });
  if (lease === undefined) throw new Error('Nothing was due.');
  armed = true;
  const [answer, transacted] = await Promise.allSettled([
    store.get({ id: 't' }),
    store.transact(lease, { kind: 'done' }, async () => {}),
  ]);
  expect(answer).toMatchObject({ status: 'fulfilled', value: { id: 't' } });
  expect(transacted.status).toBe('rejected');
  await store.transact(lease, { kind: 'done' }, async () => {});
  await store.close?.();
  door.close();
});
