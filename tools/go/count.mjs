import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './workspace.mjs';

/** Where `pnpm test:all` leaves vitest's JSON report. */
export const REPORT = join(root, 'node_modules/.cache/vitest.json');

/** `12 passed, 0 failed, 0 skipped`, from vitest's JSON report. Without a report, one failure: nothing was tested. */
export function closingLine(report) {
  if (!existsSync(report)) return '0 passed, 1 failed, 0 skipped';
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  // A file that does not even load fails without having a test.
  const brokenFiles = testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = numFailedTests + brokenFiles.length;
  return `${numPassedTests} passed, ${failed} failed, ${numPendingTests + numTodoTests} skipped`;
}
