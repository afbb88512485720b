// `pnpm lint:packages`, after `pnpm build`: packs every published package and checks the tarballs, which are what users get.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checkContents } from './lint-packages/check-contents.mjs';
import { checkLoading, placeForLoading } from './lint-packages/check-loading.mjs';
import { checkManifest } from './lint-packages/check-manifest.mjs';
import { checkTypes } from './lint-packages/check-types.mjs';
import { publishedPackages } from './lint-packages/published-packages.mjs';

const LANES = 2;
const run = promisify(execFile);
const work = mkdtempSync(join(tmpdir(), 'tasklatch-pack-'));

/** `pnpm pack` and not npm's: only pnpm applies publishConfig and turns workspace:^ into a version. */
async function pack(source) {
  const { stdout } = await run('pnpm', ['pack', '--json', '--pack-destination', work], { cwd: source.folder });
  const tarball = JSON.parse(stdout).filename;
  const unpacked = await placeForLoading(work, source, tarball);
  return { ...source, tarball, unpacked };
}

async function eachInLanes(items, task) {
  const results = [];
  const queue = items.entries();
  const lane = async () => {
    for (const [index, item] of queue) results[index] = await task(item);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return results;
}

try {
  const packed = await eachInLanes(publishedPackages(), pack);
  // Only now: a package can be loaded once the packages that it depends on are in place.
  const findings = await eachInLanes(packed, async (each) => {
    const checks = [checkContents(each), checkManifest(each), checkTypes(each), checkLoading(work, each)];
    const problems = (await Promise.all(checks)).flat();
    console.log([`${each.name}: ${problems.length === 0 ? 'ok' : 'NOT OK'}`, ...problems].join('\n  - '));
    return problems;
  });
  const count = findings.flat().length;
  console.log(count === 0 ? `${packed.length} packages are fit to publish.` : `${count} problems found.`);
  process.exitCode = count === 0 ? 0 : 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
