import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'tasklatch-count-'));
const module = new URL('./count.mjs', import.meta.url).href;

/** In a process of its own, as plain Node runs it before anything is installed. */
function closingLineOf(report: string): string {
  const code = `import { closingLine } from ${JSON.stringify(module)}; process.stdout.write(closingLine(process.argv[1]))`;
  return execFileSync(process.execPath, ['--input-type=module', '-e', code, report], { encoding: 'utf8' });
}

function reportOf(content: object): string {
  const file = join(folder, 'report.json');
  writeFileSync(file, JSON.stringify(content));
  return file;
}

const counts = { numPassedTests: 7, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1 };

afterAll(() => rmSync(folder, { recursive: true }));

describe('the closing line', () => {
  it('counts passed, failed and skipped tests', () => {
    const testResults = [{ status: 'failed', assertionResults: [{ status: 'failed' }] }];
    expect(closingLineOf(reportOf({ ...counts, testResults }))).toBe('7 passed, 1 failed, 3 skipped');
  });

  it('counts a test file that does not load as a failure', () => {
    const testResults = [
      { status: 'failed', assertionResults: [{ status: 'failed' }] },
      { status: 'failed', assertionResults: [] },
    ];
    expect(closingLineOf(reportOf({ ...counts, testResults }))).toBe('7 passed, 2 failed, 3 skipped');
  });

  it('counts a run that left no report as a failure', () => {
    expect(closingLineOf(join(folder, 'none.json'))).toBe('0 passed, 1 failed, 0 skipped');
  });
});
