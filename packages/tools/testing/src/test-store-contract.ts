import { claimCases } from './store-contract/claim.js';
import { finishCases } from './store-contract/finish.js';
import { openCases } from './store-contract/open.js';
import { recordCases } from './store-contract/record.js';
import type { Suite } from './store-contract/suite.js';
import { worlds } from './store-contract/world.js';
import type { MakeStore } from './store-under-test.js';
import type { TestRunner } from './test-runner.js';

/**
 * The store contract: every store passes all of it, and there is no switch to leave a case out. Give it your test runner:
 * `testStoreContract('my store', makeStore, { describe, it, expect, beforeAll, afterAll })`.
 *
 * Cases are about behaviour only, use fresh ids each, and may run side by side. They wait for real time only where a lease has to end
 * and the store's clock can't be moved (`advance`).
 */
export function testStoreContract<Tx>(name: string, makeStore: MakeStore<Tx>, runner: TestRunner): void {
  runner.describe(`${name} keeps the store contract`, () => {
    const made = worlds(makeStore);
    const suite: Suite<Tx> = {
      it: (sentence, body, timeoutMs = 30_000) => runner.it(sentence, () => made.run(body), timeoutMs),
      expect: runner.expect,
    };
    runner.beforeAll(() => made.open(), 60_000);
    runner.afterAll(() => made.close(), 30_000);
    for (const [act, cases] of Object.entries(ACTS)) runner.describe(act, () => cases(suite));
  });
}

const ACTS = {
  open: openCases,
  record: recordCases,
  claim: claimCases,
  finish: finishCases,
};
