import { rmSync } from 'node:fs';
import { closingLine, REPORT } from './count.mjs';
import { install, pnpm } from './workspace.mjs';

/** Runs every test, or what vitest's own arguments choose, and closes with the counts. */
export function test(args) {
  const installed = install();
  if (installed !== 0) return installed;
  rmSync(REPORT, { force: true }); // The counts of an earlier run must not pass for this one's.
  const code = pnpm('run', 'test:all', ...args);
  console.log(closingLine(REPORT));
  return code;
}
