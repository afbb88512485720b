import type { Expect } from '../test-runner.js';
import type { AdapterBench, BenchOptions } from './adapter-bench.js';
import type { ServeAdapter } from './adapter-parts.js';

/** What a file of cases is given. */
export interface AdapterSuite {
  /** One case, with an app of its own. */
  it(sentence: string, body: (bench: AdapterBench) => Promise<void>): void;
  it(sentence: string, options: BenchOptions, body: (bench: AdapterBench) => Promise<void>): void;
  readonly expect: Expect;
  readonly serve: ServeAdapter;
}
