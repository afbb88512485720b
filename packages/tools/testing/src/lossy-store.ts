import { type Clock, type Random, systemClock, type TaskStore } from '@tasklatch/core';
import { interceptStore, type StoreAct } from './intercept-store.js';

export interface Losses {
  /** `seededRandom(seed)`, for a run that can be repeated. */
  readonly random: Pick<Random, 'fraction'>;
  /** How often (0 to 1) an act is done and its answer lost. Default 0. */
  readonly loseAcks?: number;
  /** How often (0 to 1) an act fails without being done. Default 0. */
  readonly failBefore?: number;
  /** Each act waits for up to this long before it starts, and again before it answers. Default 0. */
  readonly delayMs?: number;
  /** Which acts. Default all. */
  readonly acts?: readonly StoreAct[];
  /** For the delays. Default: the machine's. */
  readonly clock?: Clock;
}

/** Thrown in place of the answer. Says nothing of whether the act was done: nor does a broken connection. */
export class StoreFault extends Error {
  override readonly name = 'StoreFault';
  constructor(readonly act: StoreAct) {
    super(`The store did not answer to "${act}" (a fault put in by the test).`);
  }
}

/** A store behind a bad network: answers get lost, calls fail, everything takes its time. What was done stays done. */
export function lossyStore<Tx>(store: TaskStore<Tx>, losses: Losses): TaskStore<Tx> {
  const { random, loseAcks = 0, failBefore = 0, delayMs = 0, acts, clock = systemClock } = losses;
  const wait = (ms: number): Promise<void> =>
    ms < 1 ? Promise.resolve() : new Promise((resolve) => clock.setTimeout(resolve, ms));
  return interceptStore(store, async (act, run) => {
    if (acts !== undefined && !acts.includes(act)) return run();
    // Drawn at once, so that what else happens meanwhile can't change what befalls this call.
    const [before, after, fails, loses] = [random.fraction(), random.fraction(), random.fraction(), random.fraction()];
    await wait(before * delayMs);
    if (fails < failBefore) throw new StoreFault(act);
    const answer = await run();
    await wait(after * delayMs);
    if (loses < loseAcks) throw new StoreFault(act);
    return answer;
  });
}
