import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { cache } from './cache.js';
import { findExecutable } from './find-executable.js';

const home = join(cache, 'redis');
const binary = join(home, 'usr/bin/redis-server');
const PACKAGES = ['redis-tools', 'libjemalloc2', 'liblzf1'];

/**
 * redis-server, unpacked from the distribution's packages into our cache: Debian and Ubuntu, without root, and nothing
 * else on the machine changes. Undefined where that does not work, or where SERVICES_FETCH=0 forbids it.
 */
export function redisFromDebs(): string | undefined {
  if (existsSync(binary)) return binary;
  if (process.env.SERVICES_FETCH === '0' || !findExecutable('apt-get') || !findExecutable('dpkg')) return undefined;
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'redis-'));
  try {
    download(work);
    unpack(work);
    return existsSync(binary) ? binary : undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, 300) : String(error);
    console.warn(`[services] redis-server could not be unpacked from the distribution's packages: ${why}`);
    return undefined;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Debian's libraries lie beside the unpacked binary, where the loader does not look by itself. */
export function libraryPathOf(file: string): { LD_LIBRARY_PATH?: string } {
  if (file !== binary) return {};
  const lib = join(home, 'usr/lib');
  return {
    LD_LIBRARY_PATH: readdirSync(lib)
      .map((name) => join(lib, name))
      .join(':'),
  };
}

function download(work: string): void {
  for (const folder of ['lists/partial', 'archives/partial', 'debs'])
    mkdirSync(join(work, folder), { recursive: true });
  const options = [
    `Dir::State::lists=${work}/lists`,
    `Dir::Cache=${work}`,
    `Dir::Cache::archives=${work}/archives`,
    `APT::Sandbox::User=${userInfo().username}`,
    'Debug::NoLocking=1',
  ].flatMap((option) => ['-o', option]);
  const apt = (...args: string[]) =>
    execFileSync('apt-get', [...options, '-qq', ...args], { cwd: join(work, 'debs'), timeout: 120_000, stdio: 'pipe' });
  apt('update');
  apt('download', ...PACKAGES);
}

function unpack(work: string): void {
  const tree = join(work, 'tree');
  for (const deb of readdirSync(join(work, 'debs'))) execFileSync('dpkg', ['-x', join(work, 'debs', deb), tree]);
  // Debian's redis-server is this same file under another name, in a package that wants to set up a system service.
  symlinkSync('redis-check-rdb', join(tree, 'usr/bin/redis-server'));
  mkdirSync(dirname(home), { recursive: true });
  try {
    renameSync(tree, home);
  } catch (error) {
    if (!existsSync(binary)) throw error; // Otherwise another run was quicker: use its tree.
  }
}
