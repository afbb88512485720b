import type { TestRunner } from '../test-runner.js';
import { type AdapterBench, type BenchOptions, withBench } from './adapter-bench.js';
import type { ServeAdapter } from './adapter-parts.js';
import type { AdapterSuite } from './adapter-suite.js';
import { answerCases } from './answer-cases.js';
import { byteCases } from './byte-cases.js';
import { clientCases } from './client-cases.js';
import { errorCases } from './error-cases.js';
import { headerCases } from './header-cases.js';
import { methodCases } from './method-cases.js';
import { parserCases } from './parser-cases.js';
import { pathCases } from './path-cases.js';
import { shutdownCases } from './shutdown-cases.js';
import { streamCases } from './stream-cases.js';

type Body = (bench: AdapterBench) => Promise<void>;

/**
 * The adapter contract: every adapter passes all of it, for every major version of its framework. The suite looks from outside, over HTTP, at
 * an app that `serve` starts, one for each case: `testAdapterContract('express 5', serve, { describe, it, expect })`.
 */
export function testAdapterContract(
  name: string,
  serve: ServeAdapter,
  runner: Pick<TestRunner, 'describe' | 'it' | 'expect'>,
): void {
  function it(sentence: string, ...rest: readonly [Body] | readonly [BenchOptions, Body]): void {
    const [options, body] = rest.length === 1 ? [{}, rest[0]] : rest;
    runner.it(sentence, () => withBench(serve, options, body), 30_000);
  }
  const suite: AdapterSuite = { it, expect: runner.expect, serve };
  runner.describe(`${name} keeps the adapter contract`, () => {
    runner.describe('answers', () => answerCases(suite));
    runner.describe('bytes', () => byteCases(suite));
    runner.describe('headers', () => headerCases(suite));
    runner.describe('paths', () => pathCases(suite));
    runner.describe('methods', () => methodCases(suite));
    runner.describe('clients', () => clientCases(suite));
    runner.describe('errors', () => errorCases(suite));
    runner.describe('body parsers', () => parserCases(suite));
    runner.describe('streams', () => streamCases(suite));
    runner.describe('shutdown', () => shutdownCases(suite));
  });
}
