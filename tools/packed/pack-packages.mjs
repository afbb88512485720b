import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { publishedPackages } from '../lint-packages/published-packages.mjs';

const run = promisify(execFile);

/** Packs every published package into `folder`, as publishing would (only pnpm applies publishConfig). Needs a build. */
export async function packPackages(folder) {
  const packed = [];
  for (const { folder: cwd, manifest, name } of publishedPackages()) {
    const { stdout } = await run('pnpm', ['pack', '--json', '--pack-destination', folder], { cwd });
    packed.push({ name, manifest, tarball: JSON.parse(stdout).filename });
  }
  return packed;
}
