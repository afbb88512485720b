import { createTasklatch, type TaskStore } from '@tasklatch/core';
import { aRequest, scriptedProvider } from '@tasklatch/testing';
import type { Benchmark } from './benchmark.js';
import { compare, type Measured, type Variant } from './compare.js';
import { inDigits, withSpread } from './digits.js';
import { type OpenStore, openStore } from './open-store.js';
import { ratio, spread } from './spread.js';
import type { Table } from './table.js';
import { freshIds, openTasks, recordAll, settlingFact } from './tasks.js';
import { timed } from './timed.js';

const SIZES = [1, 8, 64];
const IN_FLIGHT = 64;

/** What it gains to record many facts in one call, and to have the batcher gather them. Every fact settles a task of its own. */
export const batching: Benchmark = async ({ pace, services, stores }) => {
  const opened: OpenStore[] = [];
  try {
    for (const name of stores) opened.push(await openStore(name, services, 'batching'));
    const measured = await compare(
      opened.flatMap((open) => [
        ...SIZES.map((size) => calls(open, size)),
        inFlight(open, 'off'),
        inFlight(open, 'on'),
      ]),
      pace,
    );
    return [bySize(stores, measured), byBatcher(stores, measured)];
  } finally {
    await Promise.all(opened.map((open) => open.close()));
  }
};

/** One `record` after the other. */
const calls = ({ name, store: open }: OpenStore, size: number): Variant => ({
  name: `${name} ${size}`,
  async run(amount) {
    const [store, ids] = [open(), freshIds(amount)];
    await openTasks(store, ids);
    const facts = ids.map(settlingFact);
    return timed(() => recordAll(store, facts, size));
  },
});

/** Deliveries that come together, without HTTP. Without the batcher each does a `record` of its own, none waiting for another. */
function inFlight({ name, store: open }: OpenStore, batcher: 'on' | 'off'): Variant {
  return {
    name: `${name} batcher ${batcher}`,
    async run(amount) {
      const [store, ids] = [open(), freshIds(amount)];
      await openTasks(store, ids);
      const single: TaskStore<unknown> = { ...store, batching: { max: 1, lanes: IN_FLIGHT } };
      const latch = createTasklatch({ store: batcher === 'on' ? store : single, providers: [scriptedProvider()] });
      const requests = ids.map((externalId) => {
        const { status, result } = settlingFact(externalId);
        return aRequest({ path: '/acme', headers: { 'x-signature': 'good' }, body: { externalId, status, result } });
      });
      const rest = requests.values();
      const sender = async (): Promise<void> => {
        for (const request of rest) {
          const { status } = await latch.callbacks(request);
          if (status !== 200) throw new Error(`A delivery was answered ${status}.`);
        }
      };
      return timed(() => Promise.all(Array.from({ length: IN_FLIGHT }, sender)));
    },
  };
}

type All = ReadonlyMap<string, Measured>;

const ratesOf = (measured: All, name: string): readonly number[] => measured.get(name)?.rates ?? [];

function bySize(stores: readonly string[], measured: All): Table {
  const rows = stores.flatMap((store) =>
    SIZES.map((size) => {
      const rates = ratesOf(measured, `${store} ${size}`);
      const ones = ratesOf(measured, `${store} 1`);
      return [`${store}, ${size} a call`, inDigits(spread(rates).median), withSpread(ratio(rates, ones))];
    }),
  );
  return {
    title: 'Facts in one `record`, one call at a time',
    columns: ['store', 'facts/s', 'rate ÷ one by one'],
    rows,
  };
}

function byBatcher(stores: readonly string[], measured: All): Table {
  const rows = stores.map((store) => {
    const [on, off] = [ratesOf(measured, `${store} batcher on`), ratesOf(measured, `${store} batcher off`)];
    return [store, inDigits(spread(on).median), inDigits(spread(off).median), withSpread(ratio(on, off))];
  });
  const columns = ['store', 'deliveries/s, batcher on', 'off (`max: 1`)', 'on ÷ off'];
  return { title: `${IN_FLIGHT} deliveries in flight, without HTTP`, columns, rows };
}
