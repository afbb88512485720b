import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apidot } from '@tasklatch/apidot';
import { createTasklatch, isTerminal, memoryStore } from '@tasklatch/core';
import { startEmulator } from '@tasklatch/emulator';
import { expect, it } from 'vitest';
import { captureResults } from './capture-results.js';

it('keeps the files of a task that the provider has deleted since', async () => {
  const to = await mkdtemp(join(tmpdir(), 'tasklatch-capture-'));
  const emulator = await startEmulator({ pace: { pendingMs: 5, runningMs: 5 } });
  const latch = createTasklatch({
    store: memoryStore(),
    providers: [
      apidot({
        apiKey: emulator.apiKey,
        baseUrl: emulator.url,
        limits: { checks: () => ({ firstWithoutCallbackMs: 20, factor: 1, capMs: 50 }) },
      }),
    ],
  });
  let attempts = 0;
  const capture = captureResults({ to, allowHttp: true, allowPrivate: true });
  latch.onSettled(
    async (task, context) => {
      attempts += 1;
      if (attempts === 1) throw new Error('The disk is not there yet.');
      await capture(task, context);
    },
    { name: 'capture', transaction: false },
  );
  try {
    await latch.start();
    const { id } = await latch.submit({
      provider: 'apidot',
      model: 'seedream-5.0-lite',
      input: { prompt: 'a boat', n: 2 },
    });
    while ((await readdir(join(to, id)).catch(() => [])).filter((name) => !name.startsWith('.')).length < 2) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const task = await latch.get({ id });
    expect(task !== undefined && isTerminal(task.status)).toBe(true);
    const served = await Promise.all(
      (task?.result?.files ?? []).map(async ({ url }) => Buffer.from(await (await fetch(url)).arrayBuffer())),
    );
    await emulator.close();
    const kept = await Promise.all(['0.png', '1.png'].map((name) => readFile(join(to, id, name))));
    expect(kept.map((file, index) => file.equals(served[index] ?? Buffer.alloc(0)))).toEqual([true, true]);
    expect(attempts).toBe(2);
  } finally {
    await latch.stop();
    await emulator.close();
    await rm(to, { recursive: true, force: true });
  }
});
