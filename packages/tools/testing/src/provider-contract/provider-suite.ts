import type { Expect } from '../test-runner.js';
import type { ProviderContractOptions } from './contract-options.js';

/** What a file of cases is given. */
export interface ProviderSuite<Input> {
  it(sentence: string, body: () => Promise<void>, timeoutMs?: number): void;
  readonly expect: Expect;
  readonly options: ProviderContractOptions<Input>;
}
