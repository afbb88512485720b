import type { StoreUnderTest } from '../store-under-test.js';
import type { Expect } from '../test-runner.js';

/** How the cases of the promises are written down. */
export interface PromiseSuite {
  it(sentence: string, body: (under: StoreUnderTest<unknown>) => Promise<void>): void;
  readonly expect: Expect;
}
