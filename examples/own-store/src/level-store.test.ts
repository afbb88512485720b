import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { StoreLimits } from '@tasklatch/core';
import { interceptStore, testAgainstReference, testPromises, testStoreContract } from '@tasklatch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { levelStore } from './level-store.js';

const runner = { describe, it, expect, beforeAll, afterAll };
const newFolder = () => mkdtemp(join(tmpdir(), 'tasklatch-level-store-'));

async function makeStore(limits: Partial<StoreLimits> = {}) {
  const folder = await newFolder();
  const store = await levelStore({ folder, ...limits });
  return {
    store,
    async reopen() {
      await store.close?.();
      Object.assign(store, await levelStore({ folder, ...limits }));
    },
    async close() {
      await store.close?.();
      await rm(folder, { recursive: true });
    },
  };
}

testStoreContract('levelStore', makeStore, runner);
testAgainstReference('levelStore', makeStore, runner, { runs: 100, seed: 1 });
testPromises('levelStore', makeStore, runner);

/** Closed and opened again before every tenth act, which then sees what was saved. */
async function makeReopened(limits: Partial<StoreLimits> = {}) {
  const { store, reopen, close } = await makeStore(limits);
  let acts = 0;
  let last: Promise<unknown> = Promise.resolve();
  const reopened = interceptStore(store, (_, run) => {
    acts += 1;
    const answer = last.then(acts % 10 === 0 ? reopen : undefined).then(run);
    last = answer.catch(() => undefined);
    return answer;
  });
  return { store: reopened, close };
}

testAgainstReference('levelStore, opened anew all the time,', makeReopened, runner, { runs: 20, seed: 2 });

/** Runs the writer, with files of at most so many KiB, until it has printed `enough`; kills it; gives what it printed. */
async function killedWriter(
  folder: string,
  maxFile: number | 'unlimited',
  enough: (lines: readonly string[]) => boolean,
) {
  const script = fileURLToPath(new URL('./write-until-killed.ts', import.meta.url));
  const node = [process.execPath, '--import', 'tsx', script, folder];
  const writer = spawn('bash', ['-c', `ulimit -f ${maxFile} && exec "$@"`, '-', ...node], {
    timeout: 50_000,
    killSignal: 'SIGKILL',
  });
  const closed = once(writer, 'close');
  const lines: string[] = [];
  for await (const line of createInterface(writer.stdout)) {
    lines.push(line);
    if (enough(lines)) writer.kill('SIGKILL');
  }
  expect((await closed)[1]).toBe('SIGKILL');
  return lines;
}

async function lost(folder: string, ids: readonly string[]) {
  const store = await levelStore({ folder });
  const ledgers = await Promise.all(ids.map((taskId) => store.ledger({ taskId })));
  await store.close?.();
  return ids.filter((_, index) => ledgers[index]?.entries.length !== 1);
}

describe('levelStore', () => {
  it('has everything it answered for after kill -9 in the middle of writing, time after time', async () => {
    const folder = await newFolder();
    const answered: string[] = [];
    for (const count of [100, 337]) {
      answered.push(...(await killedWriter(folder, 'unlimited', (lines) => lines.length >= count)));
    }
    expect(await lost(folder, answered)).toEqual([]);
    expect(answered.length).toBeGreaterThan(400);
    await rm(folder, { recursive: true });
  }, 60_000);

  it('lets go of the folder when a write failed, and opened anew has everything it answered for', async () => {
    const folder = await newFolder();
    const goneOn = (lines: readonly string[]) =>
      lines.includes('failed') && lines.length > lines.indexOf('failed') + 100;
    const lines = await killedWriter(folder, 1000, goneOn);
    const answered = lines.filter((line) => line !== 'failed');
    expect(answered.length).toBe(lines.length - 1);
    expect(await lost(folder, answered)).toEqual([]);
    await rm(folder, { recursive: true });
  }, 60_000);
});
