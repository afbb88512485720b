import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const EXPECTED = [
  'package.json',
  'README.md',
  'LICENSE',
  'dist/index.js',
  'dist/index.cjs',
  'dist/index.d.ts',
  'dist/index.d.cts',
];
const SOURCE = /\.[cm]?tsx?$/;

/** Code and types for both module systems, every file that is read at run time, and nothing of ours. */
export async function checkContents({ folder, unpacked }) {
  const has = (file) => existsSync(join(unpacked, file));
  const missing = EXPECTED.filter((file) => !has(file)).map((file) => `${file} is missing.`);
  const assets = filesUnder(join(folder, 'src'))
    .filter((file) => !SOURCE.test(file) && !/(^|\/)(fixtures|vectors)\//.test(file))
    .filter((file) => !has(join('dist', file)))
    .map((file) => `src/${file} is not copied to dist: see onSuccess in tsup.config.ts.`);
  const leaked = filesUnder(unpacked)
    .filter((file) => /^src\/|\.test\.|(^|\/)(fixtures|vectors)\//.test(file))
    .map((file) => `${file} is published and should not be.`);
  return [...missing, ...assets, ...leaked];
}

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules') return [];
    if (!entry.isDirectory()) return [entry.name];
    return filesUnder(join(folder, entry.name)).map((file) => `${entry.name}/${file}`);
  });
}
