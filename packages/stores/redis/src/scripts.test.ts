import { aDraft, aFact } from '@tasklatch/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Server, startRedis } from '../../../../tools/services.js';
import { CLIENTS, freshPrefix, withIoredis } from './clients-under-test.js';
import { redisStore } from './redis-store.js';
import { runScript } from './scripts.js';

describe.skipIf(inject('redisUrl') === null)('scripts', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  for (const [name, connect] of Object.entries(CLIENTS)) {
    it(`go on through SCRIPT FLUSH in the middle of work (${name})`, async () => {
      const client = await connect(server.url);
      const store = redisStore({ sendCommand: client.sendCommand, prefix: freshPrefix(), shards: 2 });
      const said = await Promise.all(
        Array.from({ length: 200 }, async (_, index) => {
          if (index % 10 === 0) await client.sendCommand(['SCRIPT', 'FLUSH'], '');
          const draft = aDraft();
          await store.open(draft);
          return store.record([aFact({ taskId: draft.id, externalId: draft.id, status: 'succeeded' })]);
        }),
      );
      expect(said.flat().every(({ outcome, duplicate }) => outcome === 'settled' && !duplicate)).toBe(true);
      await client.close();
    });
  }

  it('are sent as a whole only to a server that does not know them', async () => {
    const client = await withIoredis(server.url);
    await client.sendCommand(['SCRIPT', 'FLUSH'], '');
    const sent: (string | undefined)[] = [];
    const send = (args: readonly string[], key: string) => {
      sent.push(args[0]);
      return client.sendCommand(args, key);
    };
    const store = redisStore({ sendCommand: send, prefix: freshPrefix() });
    await store.open(aDraft());
    await store.open(aDraft());
    expect(sent).toEqual(['EVALSHA', 'EVAL', 'EVALSHA', 'EVAL', 'EVALSHA']);
    await client.close();
  });

  it('pass on any other error as the client gives it', async () => {
    const problem = new Error('READONLY You can’t write against a read only replica.');
    await expect(runScript(() => Promise.reject(problem), 'meet', '{x:0}', [])).rejects.toBe(problem);
  });
});
