import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { apidot } from '@tasklatch/apidot';
import { createTasklatch, toNodeListener } from '@tasklatch/core';
import { type OpenStore, openPostgres, openRedis, openSqlite } from './open-store.js';
import type { Setup } from './setup.js';

// One process of the app that is killed: prints "ready", and runs until its end or its parent's.
const setup: Setup = JSON.parse(process.argv[2] ?? '{}');
process.stdin.resume().once('close', () => process.exit());
process.stdout.once('error', () => process.exit());
if (setup.store === 'sqlite') await run(openSqlite(setup.address));
if (setup.store === 'postgres') await run(openPostgres(setup.address));
if (setup.store === 'redis') await run(openRedis(setup.address));
console.log('ready');

async function run<Tx>({ store, write }: OpenStore<Tx>): Promise<void> {
  const latch = createTasklatch({
    store,
    providers: [apidot({ apiKey: 'sk-emulator', baseUrl: setup.emulatorUrl })],
    callbacks: {
      baseUrl: `${setup.publicUrl}/callbacks`,
      secret: 'the same in every process of this app, as it must be',
    },
    deadlineMs: setup.deadlineMs,
    submit: { timeoutMs: 5_000 },
    checks: { firstWithCallbackMs: 1_500, firstWithoutCallbackMs: 500, factor: 1.3, capMs: 2_500, timeoutMs: 1_000 },
    // Every process is killed again and again here: no effect is to blame for that, and outages are not failures for good.
    effects: { leaseMs: 1_500, maxCrashes: 1_000_000, maxAttempts: 1_000_000, backoffMs: 50, backoffCapMs: 500 },
    pollMs: 200,
    storeTimeoutMs: 2_000,
  });

  latch.onSettled(
    async (_task, { effectKey, signal }) => {
      const answer = await fetch(setup.witnessUrl, { method: 'POST', body: effectKey, signal });
      if (!answer.ok) throw new Error('The witness did not hear it.');
    },
    { name: 'at-least-once', transaction: false },
  );
  if (write !== undefined) {
    latch.onSettled(
      async (_task, { effectKey, tx }) => {
        await write(tx, effectKey);
        // For the kill to hit the open transaction.
        await sleep(Math.random() * 4);
      },
      { name: 'exactly-once' },
    );
  }

  if (setup.role === 'worker') return latch.start();
  const callbacks = toNodeListener(latch.callbacks, '/callbacks');
  const server = createServer(async (request, response) => {
    if (request.url !== '/submit') {
      callbacks(request, response);
      return;
    }
    try {
      // The cast: only the load of this run sends here.
      const { key } = (await json(request)) as { key: string };
      const input = { prompt: key };
      const task = await latch.submit({ provider: 'apidot', model: 'gpt-image-2', input, key, owner: 'crash' });
      response.end(JSON.stringify({ id: task.id, externalId: task.externalId }));
    } catch {
      response.writeHead(503).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(setup.port, '127.0.0.1', resolve));
}
