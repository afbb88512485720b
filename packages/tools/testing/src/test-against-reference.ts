import fc from 'fast-check';
import { aDraft } from './a-draft.js';
import { alignTimes } from './against-reference/align-times.js';
import { play } from './against-reference/play.js';
import { script } from './against-reference/script.js';
import { rowStore } from './row-store/row-store.js';
import type { MakeStore } from './store-under-test.js';
import type { TestRunner } from './test-runner.js';

export interface AgainstReferenceOptions {
  /** How many scripts. Default 300; a nightly run may want thousands. */
  readonly runs?: number;
  /** The same seed plays the same scripts. Default 1. */
  readonly seed?: number;
}

/** Small, so that random scripts reach them. */
const LIMITS = { ledgerEntries: 6, quarantineEntries: 4, quarantineBytes: 400 };

/**
 * Plays random scripts of opens, facts, claims, ends, replays and purges on a store and on a plain in-memory reference built from the
 * core's `transition`: every answer, and in the end every task, ledger, effect and quarantined entry, must be the same. Times are
 * compared loosely. A script that fails is cut down to the steps that matter and printed with its seed.
 */
export function testAgainstReference<Tx>(
  name: string,
  makeStore: MakeStore<Tx>,
  { describe, it, expect }: TestRunner,
  { runs = 300, seed = 1 }: AgainstReferenceOptions = {},
): void {
  describe(`${name} does what the reference does`, () => {
    const body = async (): Promise<void> => {
      const under = await makeStore(LIMITS);
      const second = await under.second?.();
      // The reference's clock moves only between acts, and always then.
      let referenceNow = Date.UTC(2026, 0, 1);
      const reference = rowStore({ ...LIMITS, now: () => (referenceNow += 5) });
      const { advance = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)) } = under;
      let run = 0;
      const tag = `${Date.now().toString(36)}-${seed}`;
      try {
        const sameAsReference = fc.asyncProperty(script, async (steps) => {
          const id = `${tag}-${++run}`;
          const { createdAt } = (await under.store.open(aDraft({ id: `${id}-clock`, provider: `${id}-clock` }))).task;
          const shift = createdAt - referenceNow;
          const expected = await play({ stores: [reference], async pass() {} }, steps, id);
          const stores = second === undefined ? ([under.store] as const) : ([under.store, second] as const);
          const actual = await play({ stores, pass: () => advance(3) }, steps, id);
          expect(alignTimes(actual, expected, shift)).toEqual(expected);
        });
        await fc.assert(sameAsReference, { numRuns: runs, seed });
      } finally {
        await second?.close?.();
        await under.close();
      }
    };
    it(`in ${runs} random scripts from seed ${seed}`, body, 60_000 + runs * 1_000);
  });
}
