import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startDemo } from './demo-app.js';
import { runScenarios, tableOf } from './scenarios.js';

const { values } = parseArgs({
  options: {
    headless: { type: 'boolean', default: false },
    port: { type: 'string', default: '4400' },
    folder: { type: 'string', default: fileURLToPath(new URL('../data', import.meta.url)) },
    /** Forget the tasks of earlier runs. */
    fresh: { type: 'boolean', default: false },
  },
});

if (values.headless) {
  const folder = mkdtempSync(join(tmpdir(), 'tasklatch-demo-'));
  const demo = await startDemo({ folder, port: 0 });
  const rows = await runScenarios(demo);
  await demo.stop();
  rmSync(folder, { recursive: true, force: true });
  console.log(`\n${tableOf(rows)}\n`);
  const wrong = rows.filter((row) => row.wrong !== '').length;
  console.log(
    wrong === 0
      ? `${rows.length} scenarios, and in each the task settled once and its effect ran once`
      : `${wrong} of ${rows.length} scenarios went wrong`,
  );
  process.exit(wrong === 0 ? 0 : 1);
}

if (values.fresh) rmSync(values.folder, { recursive: true, force: true });
const demo = await startDemo({ folder: values.folder, port: Number(values.port) }).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
console.log(`
  Tasklatch demo   ${demo.url}

  Type a wish, switch on some trouble, press the button. Nothing leaves this machine.
  Kill it with kill -9 ${process.pid} in the middle of a task and start it again: the task goes on.
  Ctrl-C ends it.
`);
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void demo.stop().then(() => process.exit(0)));
