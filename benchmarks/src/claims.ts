import { randomUUID } from 'node:crypto';
import type { Benchmark } from './benchmark.js';
import { compare, type Measured, type Variant } from './compare.js';
import { inDigits, withSpread } from './digits.js';
import { type OpenStore, openStore } from './open-store.js';
import { ratio, spread } from './spread.js';
import { freshIds, openTasks } from './tasks.js';
import { timed } from './timed.js';

const LIMITS = [1, 8, 64];

/** Due checks, claimed so many at a time and given back for later, all that were claimed together at once. */
export const claims: Benchmark = async ({ pace, services, stores }) => {
  const opened: OpenStore[] = [];
  try {
    for (const name of stores) opened.push(await openStore(name, services, 'claims'));
    const measured = await compare(
      opened.flatMap((open) => LIMITS.map((limit) => claiming(open, limit))),
      pace,
    );
    const rows = stores.flatMap((store) => LIMITS.map((limit) => row(store, limit, measured)));
    return [{ title: 'Checks claimed and finished', columns: ['store', 'checks/s', 'rate ÷ one a claim'], rows }];
  } finally {
    await Promise.all(opened.map((open) => open.close()));
  }
};

const claiming = ({ name, store: open }: OpenStore, limit: number): Variant => ({
  name: `${name} ${limit}`,
  async run(amount) {
    const store = open();
    await openTasks(store, freshIds(amount), { checkInMs: 0 });
    return timed(async () => {
      for (let left = amount; left > 0; ) {
        const from = [{ provider: 'acme', limit }];
        const leases = await store.claim('check', { claimId: randomUUID(), leaseMs: 35_000, from });
        const held = await Promise.all(leases.map((lease) => store.finish(lease, { kind: 'again', inMs: 3_600_000 })));
        if (leases.length === 0 || held.includes(false)) throw new Error('A due check was not claimed, or lost.');
        left -= leases.length;
      }
    });
  },
});

function row(store: string, limit: number, measured: ReadonlyMap<string, Measured>): string[] {
  const rates = measured.get(`${store} ${limit}`)?.rates ?? [];
  const ones = measured.get(`${store} 1`)?.rates ?? [];
  return [`${store}, ${limit} a claim`, inDigits(spread(rates).median), withSpread(ratio(rates, ones))];
}
