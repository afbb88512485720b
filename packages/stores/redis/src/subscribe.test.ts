import { aDraft, faultProxy } from '@tasklatch/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Server, startRedis } from '../../../../tools/services.js';
import { CLIENTS, freshPrefix, withIoredis } from './clients-under-test.js';
import { redisStore } from './redis-store.js';

describe.skipIf(inject('redisUrl') === null)('listening', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  for (const [name, connect] of Object.entries(CLIENTS)) {
    it(`goes on after the connection was lost, and costs nothing but the wake-ups meanwhile (${name})`, async () => {
      const proxy = await faultProxy({ port: server.port });
      const prefix = freshPrefix();
      const writer = await withIoredis(server.url);
      const listener = await connect(`redis://127.0.0.1:${proxy.port}`);
      const store = redisStore({ sendCommand: writer.sendCommand, prefix });
      const { listen } = redisStore({ ...listener, prefix });
      const heard = new Set<string | null>();
      const stop = await listen?.((_, taskId) => heard.add(taskId));
      const hears = async () => {
        const { id } = (await store.open(aDraft())).task;
        await new Promise((resolve) => setTimeout(resolve, 30));
        return heard.has(id);
      };
      await expect.poll(hears, { timeout: 10_000 }).toBe(true);
      await proxy.refuse();
      proxy.cut();
      expect(await hears()).toBe(false);
      await proxy.heal();
      await expect.poll(hears, { timeout: 10_000 }).toBe(true);
      await stop?.();
      await listener.close();
      await writer.close();
      await proxy.close();
    });
  }

  it('is not offered without a way to subscribe', async () => {
    const client = await withIoredis(server.url);
    expect(redisStore({ sendCommand: client.sendCommand }).listen).toBe(undefined);
    await client.close();
  });

  it('is not needed to write: a user without the right to the channel loses wake-ups only', async () => {
    const admin = await withIoredis(server.url);
    await admin.sendCommand(['ACL', 'SETUSER', 'app', 'on', 'nopass', '~*', 'resetchannels', '+@all'], '');
    await admin.sendCommand(['AUTH', 'app', 'any'], '');
    const store = redisStore({ sendCommand: admin.sendCommand, prefix: freshPrefix() });
    const draft = aDraft({ sendWithinMs: 0 });
    expect((await store.open(draft)).created).toBe(true);
    expect((await store.get({ id: draft.id }))?.status).toBe('submitting');
    await admin.close();
  });
});
