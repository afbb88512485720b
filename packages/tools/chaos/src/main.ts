import { parseArgs } from 'node:util';
import { memoryStore } from '@tasklatch/core';
import { runChaos } from './run-chaos.js';

const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '7' },
    minutes: { type: 'string', default: '10' },
  },
});
const report = await runChaos({
  store: memoryStore({ quarantineEntries: 100_000 }),
  tasks: Number(values.tasks),
  seed: Number(values.seed),
  withinMs: Number(values.minutes) * 60_000,
});
const table = (title: string, rows: Readonly<Record<string, number>>): void => {
  console.log(`\n${title}`);
  for (const [name, value] of Object.entries(rows).sort(([a], [b]) => a.localeCompare(b)))
    console.log(`  ${name.padEnd(40)} ${String(value).padStart(9)}`);
};
console.log(`${report.tasks} tasks from seed ${values.seed}, every fault at once, in ${report.seconds.toFixed(1)} s`);
table('what went wrong on purpose', report.faults);
table('what was counted', report.numbers);
table('how the tasks ended', report.statuses);
console.log(
  report.wrong.length === 0
    ? '\nevery promise held'
    : `\nBROKEN, ${report.wrong.length} times:\n${report.wrong.slice(0, 20).join('\n')}`,
);
process.exit(report.wrong.length === 0 ? 0 : 1);
