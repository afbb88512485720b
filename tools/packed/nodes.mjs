import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root, run, unlessDone } from '../go/workspace.mjs';

const matrix = join(root, 'tools/node-matrix');

/** The running Node, and 22 and 24 from tools/node-matrix where its binaries run. */
export function nodes() {
  const binaries = [process.execPath];
  if (process.platform === 'linux' && process.arch === 'x64') {
    const code = unlessDone('tools/node-matrix/package-lock.json', 'tools/node-matrix/node_modules', () =>
      run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: matrix }),
    );
    if (code !== 0) throw new Error('The Nodes of tools/node-matrix could not be installed.');
    for (const name of ['node22', 'node24']) binaries.push(join(matrix, 'node_modules', name, 'bin/node'));
  }
  return binaries.map((binary) => ({
    binary,
    version: spawnSync(binary, ['--version'], { encoding: 'utf8' }).stdout.trim(),
  }));
}
