import { parseArgs } from 'node:util';
import { STORES } from './open-store.js';
import { runCrash } from './run-crash.js';

// `pnpm crash -- --store postgres --kills 500 --seed 7`: prints what happened, and ends with 1 when a promise was broken.
const { values } = parseArgs({
  // pnpm hands its own `--` on.
  args: process.argv.slice(2).filter((word) => word !== '--'),
  options: {
    store: { type: 'string', default: 'sqlite' },
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
  },
});
const store = STORES.find((name) => name === values.store);
const [kills, seed] = [Number(values.kills), Number(values.seed)];
if (store === undefined || !Number.isInteger(kills) || !Number.isInteger(seed)) {
  console.error(`Usage: pnpm crash -- --store ${STORES.join('|')} --kills 500 --seed 7`);
  process.exit(2);
}

const startedAt = performance.now();
let told = 0;
const report = await runCrash({
  store,
  kills,
  seed,
  killed(soFar) {
    if (soFar < told + 50) return;
    told = soFar;
    console.error(`${soFar} of ${kills} killed`);
  },
});
const rows = {
  store,
  seed,
  seconds: Math.round((performance.now() - startedAt) / 1000),
  ...Object.fromEntries(Object.entries(report.kills).map(([what, count]) => [`killed: ${what}`, count])),
  ...report.counts,
  'promises broken': report.broken.length,
};
const width = Math.max(...Object.keys(rows).map((name) => name.length));
for (const [name, value] of Object.entries(rows)) console.log(`${name.padEnd(width)}  ${value}`);
for (const sentence of report.broken.slice(0, 50)) console.error(`BROKEN: ${sentence}`);
process.exit(report.broken.length === 0 ? 0 : 1);
