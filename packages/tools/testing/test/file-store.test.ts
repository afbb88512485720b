import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreLimits } from '@tasklatch/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aDraft, aFact, testAgainstReference, testStoreContract } from '../src/index.js';
import { fileStore } from './file-store.js';

const runner = { describe, it, expect, beforeAll, afterAll };

async function makeStore(limits: Partial<StoreLimits> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'tasklatch-file-store-'));
  const file = join(folder, 'tasks.log');
  const store = await fileStore({ file, ...limits });
  return {
    store,
    file,
    async close() {
      await store.close?.();
      rmSync(folder, { recursive: true });
    },
  };
}

testStoreContract('the file store', makeStore, runner);
testAgainstReference('the file store', makeStore, runner, { runs: 100, seed: 5 });

describe('the file store', () => {
  async function withTasks() {
    const made = await makeStore();
    const draft = aDraft();
    await made.store.open(draft);
    await made.store.record([
      aFact({ taskId: draft.id, externalId: 'x', status: 'succeeded' }),
      aFact({ externalId: 'y' }),
    ]);
    const seen = async (store = made.store) => ({
      task: await store.get({ provider: 'acme', externalId: 'x' }),
      ledger: await store.ledger({ taskId: draft.id }),
      quarantine: await store.ledger({ quarantine: {} }),
    });
    return { ...made, seen };
  }

  it('has everything again after it was closed, and after a second time', async () => {
    const { seen, file, close } = await withTasks();
    const before = await seen();
    for (let time = 0; time < 2; time += 1) {
      const again = await fileStore({ file });
      expect(await seen(again)).toEqual(before);
      await again.close?.();
    }
    await close();
  });

  it('has everything that was answered for when it died in the middle of a write', async () => {
    const { seen, file, close } = await withTasks();
    const before = await seen();
    appendFileSync(file, '{"rows":[["task_');
    const again = await fileStore({ file });
    expect(await seen(again)).toEqual(before);
    expect(readFileSync(file, 'utf8').split('\n').length).toBe(2);
    await again.close?.();
    await close();
  });
});

it('is shown in the page on writing a store, as it is', () => {
  const page = readFileSync(new URL('../../../../docs/write-a-store.md', import.meta.url), 'utf8');
  const code = readFileSync(new URL('./file-store.ts', import.meta.url), 'utf8');
  expect(page).toContain(`\`\`\`ts\n${code.replaceAll('../row-store/', './row-store/')}\`\`\``);
});
