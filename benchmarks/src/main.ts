import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { accept } from './accept.js';
import { batching } from './batching.js';
import type { Benchmark } from './benchmark.js';
import { claims } from './claims.js';
import { effects } from './effects.js';
import { STORE_NAMES, type StoreName, startServices } from './services.js';
import { printed } from './table.js';

const BENCHMARKS: Readonly<Record<string, Benchmark>> = { accept, batching, effects, claims };

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    amount: { type: 'string' },
    stores: { type: 'string', default: STORE_NAMES.join(',') },
  },
});

const pick = <Name extends string>(what: string, given: readonly string[], known: readonly Name[]): Name[] =>
  given.map((name) => {
    const found = known.find((one) => one === name);
    if (found === undefined) throw new Error(`There is no ${what} "${name}". Known: ${known.join(', ')}.`);
    return found;
  });

const names = Object.keys(BENCHMARKS);
const chosen = positionals.length === 0 ? names : pick('benchmark', positionals, names);
const stores: StoreName[] = pick('store', values.stores.split(','), STORE_NAMES);
const number = (name: string, given: string): number => {
  if (Number(given) > 0) return Number(given);
  throw new Error(`--${name} must be a number above 0.`);
};
const pace = {
  rounds: number('rounds', values.rounds),
  seconds: number('seconds', values.seconds),
  ...(values.amount === undefined ? {} : { amount: number('amount', values.amount) }),
};

const load = (): string =>
  loadavg()
    .map((value) => value.toFixed(1))
    .join(' ');
const gigabytes = Math.round(totalmem() / 2 ** 30);
console.log(`${new Date().toISOString().slice(0, 16)}Z, Node ${process.version}, ${process.platform} ${process.arch}`);
console.log(`${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown CPU'}, ${gigabytes} GB; load ${load()}`);
console.log(`${pace.rounds} interleaved rounds: median (least–most)\n`);
const { services, stop } = await startServices(stores);
try {
  for (const name of chosen) {
    process.stderr.write(`${name}\n`);
    for (const table of (await BENCHMARKS[name]?.({ pace, services, stores })) ?? [])
      console.log(`${printed(table)}\n`);
  }
  console.log(`load at the end ${load()}`);
} finally {
  await stop();
}
