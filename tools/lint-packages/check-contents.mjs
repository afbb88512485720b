import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const EXPECTED = [
  'package.json',
  'README.md',
  'LICENSE',
  ...['js', 'cjs', 'd.ts', 'd.cts'].map((end) => `dist/index.${end}`),
];
const CODE = /\.[cm]?tsx?$/;
const TEST_DATA = /(^|\/)(fixtures|vectors)\//;
const READ_AT_RUN_TIME = /new URL\(\s*["'`](\.{1,2}\/[^"'`]*)["'`],\s*import\.meta\.url/g;

/** Code and types for both module systems, every file that is read at run time, and nothing that is only ours. */
export async function checkContents({ folder, unpacked }) {
  const published = filesUnder(unpacked);
  const missing = EXPECTED.filter((file) => !published.includes(file)).map((file) => `${file} is missing.`);
  const notCopied = filesUnder(join(folder, 'src'))
    .filter((file) => !CODE.test(file) && !TEST_DATA.test(file) && !published.includes(`dist/${file}`))
    .map((file) => `src/${file} is not copied to dist: see onSuccess in tsup.config.ts.`);
  const leaked = published
    .filter((file) => file.startsWith('src/') || /\.test\./.test(file) || TEST_DATA.test(file))
    .map((file) => `${file} is published and should not be.`);
  return [...missing, ...notCopied, ...lookedForInVain(unpacked), ...leaked];
}

/** Everything is bundled into dist/index.js, so a path that was right beside its source file can be wrong there. */
function lookedForInVain(unpacked) {
  const bundle = join(unpacked, 'dist/index.js');
  if (!existsSync(bundle)) return [];
  return [...readFileSync(bundle, 'utf8').matchAll(READ_AT_RUN_TIME)]
    .map(([, path]) => (path.includes('${') ? `${dirname(path.slice(0, path.indexOf('${') + 1))}/` : path))
    .filter((path) => !existsSync(join(unpacked, 'dist', path)))
    .map((path) => `dist/index.js reads ${path}, which is not there: keep such files right under src/.`);
}

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules') return [];
    if (!entry.isDirectory()) return [entry.name];
    return filesUnder(join(folder, entry.name)).map((file) => `${entry.name}/${file}`);
  });
}
