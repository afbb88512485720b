import { factsCases } from './promises/facts.js';
import { silenceCases } from './promises/silence.js';
import { submitCases } from './promises/submit.js';
import type { PromiseSuite } from './promises/suite.js';
import { trustCases } from './promises/trust.js';
import { workCases } from './promises/work.js';
import type { MakeStore, StoreUnderTest } from './store-under-test.js';
import type { TestRunner } from './test-runner.js';

/**
 * The thirteen promises, each as named cases over a whole latch on a real store: submit, callbacks, checks and effects together. A store's own
 * acts are the store contract's business; this is what they add up to. The latch is on real time, and so must the store's clock be.
 */
export function testPromises(name: string, makeStore: MakeStore<unknown>, runner: TestRunner): void {
  runner.describe(`the promises hold on ${name}`, () => {
    let under: StoreUnderTest<unknown> | undefined;
    runner.beforeAll(async () => {
      under = await makeStore();
    }, 60_000);
    runner.afterAll(async () => under?.close(), 30_000);
    const suite: PromiseSuite = {
      expect: runner.expect,
      it: (sentence, body) =>
        runner.it(
          sentence,
          async () => {
            if (under === undefined) throw new Error('The store was not made.');
            await body(under);
          },
          30_000,
        ),
    };
    for (const cases of [factsCases, submitCases, workCases, trustCases, silenceCases]) cases(suite);
  });
}
