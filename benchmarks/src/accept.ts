import { FRAMEWORKS, type Framework } from './accept/framework.js';
import type { Answers, Load } from './accept/load.js';
import type { Opening, Served, Standing } from './accept/serve.js';
import type { BenchmarkOptions } from './benchmark.js';
import { type Child, startChild } from './child.js';
import { compare, type Measured, type Variant } from './compare.js';
import { inDigits, withSpread } from './digits.js';
import { ratio, spread } from './spread.js';
import type { Table } from './table.js';
import { freshIds } from './tasks.js';

const CONNECTIONS = 32;

const nameOf = (served: Served): string =>
  served.kind === 'bare' ? `${served.framework}, bare route` : `${served.framework}, ${served.store}, ${served.kind}`;

/** Deliveries over HTTP: the adapters with every store, beside a bare route of the same framework and beside a handler written by hand. */
export async function accept({ pace, services, stores, frameworks = FRAMEWORKS }: AcceptOptions): Promise<Table[]> {
  const all: Served[] = [
    ...frameworks.flatMap((framework): Served[] => [
      { kind: 'bare', framework },
      ...stores.map((store): Served => ({ kind: 'latch', framework, store })),
    ]),
    ...stores.map((store): Served => ({ kind: 'by hand', framework: 'express', store })),
  ];
  const load = startChild<Load, Answers>(new URL('accept/load.ts', import.meta.url));
  const children: Child<Opening, Standing>[] = [];
  try {
    const variants = all.map((served, index): Variant => {
      const args = [JSON.stringify(served), JSON.stringify(services), `accept_${index}`];
      const server = startChild<Opening, Standing>(new URL('accept/serve.ts', import.meta.url), args);
      children.push(server);
      return { name: nameOf(served), run: (amount) => deliver(server, load, amount) };
    });
    const measured = await compare(variants, pace);
    return [{ title: 'Deliveries over HTTP', columns: COLUMNS, rows: all.map((served) => row(served, measured)) }];
  } finally {
    for (const child of [load, ...children]) child.stop();
  }
}

export interface AcceptOptions extends BenchmarkOptions {
  readonly frameworks?: readonly Framework[];
}

async function deliver(server: Child<Opening, Standing>, load: Child<Load, Answers>, amount: number) {
  const externalIds = freshIds(amount);
  const before = await server.ask({ open: externalIds });
  const { seconds, p50Ms, p99Ms } = await load.ask({ port: before.port, externalIds, connections: CONNECTIONS });
  const after = await server.ask({ open: [] });
  const settled = (after.settled ?? 0) - (before.settled ?? 0);
  if (after.settled !== null && settled !== amount) throw new Error(`${settled} of ${amount} tasks were settled.`);
  return { seconds, figures: { p50Ms, p99Ms, cpuUs: (after.cpuUs - before.cpuUs) / amount } };
}

const COLUMNS = [
  'receiver',
  'deliveries/s',
  'p50 ms',
  'p99 ms',
  'server CPU µs each',
  'rate ÷ bare route',
  'rate ÷ by hand (Express)',
];

function row(served: Served, measured: ReadonlyMap<string, Measured>): string[] {
  const of = (other: Served): Measured | undefined => measured.get(nameOf(other));
  const { rates = [], figures = [] } = of(served) ?? {};
  const middle = (name: string): string => inDigits(spread(figures.map((all) => all[name] ?? Number.NaN)).median);
  const against = (other: Served): string => {
    const base = of(other)?.rates;
    return base === undefined || served.kind === other.kind ? '' : withSpread(ratio(rates, base));
  };
  return [
    nameOf(served),
    inDigits(spread(rates).median),
    middle('p50Ms'),
    middle('p99Ms'),
    middle('cpuUs'),
    against({ kind: 'bare', framework: served.framework }),
    served.kind === 'bare' ? '' : against({ kind: 'by hand', framework: 'express', store: served.store }),
  ];
}
