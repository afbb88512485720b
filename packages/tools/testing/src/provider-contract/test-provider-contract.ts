import type { TestRunner } from '../test-runner.js';
import { callbackCases } from './callback-cases.js';
import type { ProviderContractOptions } from './contract-options.js';
import { providerCases } from './provider-cases.js';
import type { ProviderSuite } from './provider-suite.js';
import { statusCases } from './status-cases.js';
import { submitCases } from './submit-cases.js';

/**
 * The provider contract: every provider package passes all of it. Give it samples of what the provider's API says and what each must be
 * read as; failures (refused port, reset, hang, 4xx, 5xx, redirects, garbage) the suite makes itself, on real sockets of this machine:
 * `testProviderContract('acme', { make: () => acme({ apiKey }), secrets: [apiKey], submit, status, deliveries }, { describe, it, expect })`.
 */
export function testProviderContract<Input>(
  name: string,
  options: ProviderContractOptions<Input>,
  runner: Pick<TestRunner, 'describe' | 'it' | 'expect'>,
): void {
  const suite: ProviderSuite<Input> = {
    it: (sentence, body, timeoutMs = 30_000) => runner.it(sentence, body, timeoutMs),
    expect: runner.expect,
    options,
  };
  const { submit, status, deliveries } = options;
  runner.describe(`${name} keeps the provider contract`, () => {
    runner.describe('provider', () => providerCases(suite));
    if (submit) runner.describe('submit', () => submitCases(suite, submit));
    if (status) runner.describe('status', () => statusCases(suite, status));
    if (deliveries) runner.describe('callbacks', () => callbackCases(suite, deliveries));
  });
}
