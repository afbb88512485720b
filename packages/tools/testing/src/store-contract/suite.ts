import type { Expect } from '../test-runner.js';
import type { World } from './world.js';

/** What a file of cases is given. Each case gets a world of its own, so cases run in any order and side by side. */
export interface Suite<Tx> {
  it(sentence: string, body: (world: World<Tx>) => Promise<void>, timeoutMs?: number): void;
  readonly expect: Expect;
}
