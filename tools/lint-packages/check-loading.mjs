import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Unpacks a tarball as an installed package, with its third-party dependencies linked from the workspace. */
export async function placeForLoading(work, { name, folder, manifest }, tarball) {
  const place = join(work, 'node_modules', name);
  mkdirSync(place, { recursive: true });
  await run('tar', ['-xzf', tarball, '-C', place, '--strip-components=1']);
  const wanted = Object.keys({
    ...manifest.dependencies,
    ...manifest.peerDependencies,
    ...manifest.optionalDependencies,
  });
  for (const dependency of wanted) {
    const installed = join(folder, 'node_modules', dependency);
    // Our own are unpacked beside it.
    if (dependency.startsWith('@tasklatch/') || !existsSync(installed)) continue;
    const link = join(place, 'node_modules', dependency);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(realpathSync(installed), link);
  }
  return place;
}

/** Whether plain Node loads it with `require` and with `import`, and gives the same names both ways. */
export async function checkLoading(work, { name, manifest }) {
  // Vitest refuses to be loaded outside of a test run, and so does what imports it.
  if ('vitest' in (manifest.peerDependencies ?? {})) return [];
  const code = `
    const names = (module) => Object.keys(module).filter((key) => key !== 'default' && key !== 'module.exports').sort().join();
    const required = names(require('${name}'));
    import('${name}').then((module) => {
      if (names(module) !== required) throw new Error('import gives ' + names(module) + ' and require gives ' + required);
      if (required === '') throw new Error('it exports nothing');
    });`;
  try {
    await run(process.execPath, ['--input-type=commonjs', '-e', code], { cwd: work });
    return [];
  } catch (error) {
    return [`does not load: ${error.stderr.trim()}`];
  }
}
