import { claimCases } from './store-contract/claim.js';
import { concurrencyCases } from './store-contract/concurrency.js';
import { effectCases } from './store-contract/effects.js';
import { finishCases } from './store-contract/finish.js';
import { hintCases } from './store-contract/hint.js';
import { identityCases } from './store-contract/identity.js';
import { listCases } from './store-contract/list.js';
import { listenCases } from './store-contract/listen.js';
import { openCases } from './store-contract/open.js';
import { orderCases } from './store-contract/order.js';
import { purgeCases } from './store-contract/purge.js';
import { quarantineCases } from './store-contract/quarantine.js';
import { recordCases } from './store-contract/record.js';
import type { Suite } from './store-contract/suite.js';
import { transactCases } from './store-contract/transact.js';
import { valueCases } from './store-contract/values.js';
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
  'record: the task': recordCases,
  'record: whose fact it is': identityCases,
  'record: hints': hintCases,
  'record: effects and ledger': effectCases,
  'record: values': valueCases,
  'record: order and repetition': orderCases,
  quarantine: quarantineCases,
  claim: claimCases,
  'extend and finish': finishCases,
  transact: transactCases,
  'get, list and ledger': listCases,
  purge: purgeCases,
  listen: listenCases,
  'many at once': concurrencyCases,
};
