import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { closingLine } from './count.mjs';
import { env, install, root, run, unlessDone } from './workspace.mjs';

const matrix = join(root, 'tools/node-matrix');

/** Runs the tests on each major of Node in tools/node-matrix, whose binaries come from npm. */
export function testOnNodes(args) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    console.error(
      'tools/node-matrix holds Node for Linux on x64 only. Elsewhere use a version manager and `npm test`.',
    );
    return 1;
  }
  const installed = install() || installNodes();
  if (installed !== 0) return installed;
  const { dependencies } = JSON.parse(readFileSync(join(matrix, 'package.json'), 'utf8'));
  const results = Object.keys(dependencies).map((name) => testOn(name, args));
  for (const { version, line } of results) console.log(`Node ${version}: ${line}`);
  return results.find(({ code }) => code !== 0)?.code ?? 0;
}

function installNodes() {
  return unlessDone('tools/node-matrix/package-lock.json', 'tools/node-matrix/node_modules', () =>
    run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: matrix }),
  );
}

function testOn(name, args) {
  const bin = join(matrix, 'node_modules', name, 'bin');
  const node = join(bin, 'node');
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
  console.log(`\nNode ${version}`);
  const report = join(root, `node_modules/.cache/vitest-${name}.json`);
  rmSync(report, { force: true });
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'vitest.workspace.ts'];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  // First on the path too: tests start child processes by the name `node`.
  const path = `${bin}${delimiter}${env.PATH}`;
  const code = run(node, [...vitest, ...reporters, ...args], { env: { ...env, PATH: path } });
  return { version, code, line: closingLine(report) };
}
