import fc from 'fast-check';
import { rowStore } from '../row-store/row-store.js';
import { aDraft } from './a-draft.js';
import { alignTimes } from './against-reference/align-times.js';
import { play } from './against-reference/play.js';
import { describeStep, MOST_FACTS, type Step, script } from './against-reference/script.js';
import type { MakeStore } from './store-under-test.js';
import type { TestRunner } from './test-runner.js';

export interface AgainstReferenceOptions {
  /** How many scripts. Default 300; a nightly run may want thousands. */
  readonly runs?: number;
  /** The same seed plays the same scripts. Default 1. */
  readonly seed?: number;
  /** Most facts in one `record`. Default 4. 1 is for a store that says that facts of one batch may change places. */
  readonly batch?: number;
}

/** Small, so that random scripts reach them. */
const LIMITS = { ledgerEntries: 6, quarantineEntries: 4, quarantineBytes: 400 };
/** So many on one store, then a new one: what earlier scripts leave behind makes later ones slow. */
const RUNS_A_STORE = 100;

/**
 * Plays random scripts of opens, facts, claims, ends, replays and purges on a store and on a plain in-memory reference built from the
 * core's `transition`: every answer, and in the end every task, ledger, effect and quarantined entry, must be the same. Times are
 * compared loosely. A script that fails is cut down to the steps that matter, and the message lists them.
 */
export function testAgainstReference<Tx>(
  name: string,
  makeStore: MakeStore<Tx>,
  { describe, it, expect }: TestRunner,
  { runs = 300, seed = 1, batch = MOST_FACTS }: AgainstReferenceOptions = {},
): void {
  const inBatches = (steps: readonly Step[]): readonly Step[] =>
    steps.map((step) => (step.act === 'record' ? { ...step, facts: step.facts.slice(0, batch) } : step));

  async function compare(numRuns: number, seed: number): Promise<void> {
    const under = await makeStore(LIMITS);
    const second = await under.second?.();
    const stores = second === undefined ? ([under.store] as const) : ([under.store, second] as const);
    const { advance = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)) } = under;
    // The reference's clock moves with each act, and never else.
    let now = Date.UTC(2026, 0, 1);
    const reference = rowStore({ ...LIMITS, now: () => (now += 5) });
    const tag = `${seed}-${Date.now().toString(36)}`;
    let run = 0;
    const same = fc.asyncProperty(script.map(inBatches), async (steps) => {
      const id = `${tag}-${++run}`;
      const { createdAt } = (await under.store.open(aDraft({ id: `${id}-clock`, provider: `${id}-clock` }))).task;
      const shift = createdAt - now;
      const expected = await play({ stores: [reference], async pass() {} }, steps, id);
      const actual = await play({ stores, pass: () => advance(3) }, steps, id);
      expect(alignTimes(actual, expected, shift)).toEqual(expected);
    });
    try {
      const limit = { interruptAfterTimeLimit: timeLimitMs(numRuns), markInterruptAsFailure: true };
      const ran = await fc.check(same, { numRuns, seed, ...limit });
      if (ran.counterexample !== null)
        throw new Error(story(ran.counterexample[0], seed), { cause: ran.errorInstance });
      if (ran.failed) throw new Error(`Only ${ran.numRuns} of ${numRuns} scripts were played in time: ask for fewer.`);
    } finally {
      await second?.close?.();
      await under.close();
    }
  }

  describe(`${name} does what the reference does`, () => {
    for (let done = 0; done < runs; done += RUNS_A_STORE) {
      const some = Math.min(RUNS_A_STORE, runs - done);
      const own = seed + done / RUNS_A_STORE;
      it(`in ${some} random scripts from seed ${own}`, () => compare(some, own), timeLimitMs(some) + 30_000);
    }
  });
}

/** Ends the search for a shorter story before the runner ends the test and tells none. */
const timeLimitMs = (runs: number): number => 30_000 + runs * 1_000;

const story = (steps: readonly Step[], seed: number): string =>
  [`The store and the reference differ (seed ${seed}) after:`, ...steps.map(describeStep)].join('\n  ');
