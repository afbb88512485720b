import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

const windows = process.platform === 'win32';
const KEPT = ['registry', 'cache', 'userconfig', 'globalconfig'].map((name) => `npm_config_${name}`);

// npm hands its own settings to what it runs; pnpm would take them for settings of its own.
export const env = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^npm_(config|package|lifecycle)_/i.test(name) || KEPT.includes(name.toLowerCase()),
  ),
);

/** Runs a program from the root, on our own terminal, and gives its exit code. */
export function run(command, args, more = {}) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', cwd: root, env, shell: windows, ...more });
  if (error) console.error(`${command} could not be started: ${error.message}`);
  return status ?? 1;
}

/** Runs the pinned pnpm: the installed one if it is exactly that version, for any other refuses; else through npx. */
export function pnpm(...args) {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const [pinned, version] = /^pnpm@([^+]+)/.exec(packageManager);
  // Not from the root: there a pnpm of another version tries to become the pinned one.
  const found = spawnSync('pnpm', ['--version'], {
    encoding: 'utf8',
    cwd: dirname(process.execPath),
    env,
    shell: windows,
  });
  const [command, ...first] = found.stdout?.trim() === version ? ['pnpm'] : ['npx', '--yes', pinned];
  return run(command, [...first, ...args]);
}

/** Installs the workspace exactly as the lockfile says, unless that is done. Gives the exit code. */
export function install() {
  return unlessDone('pnpm-lock.yaml', 'node_modules', () => pnpm('install', '--frozen-lockfile'));
}

/** Runs `work` unless it succeeded before with this same lockfile and its folder is still there. */
export function unlessDone(lockfile, folder, work) {
  const stamp = join(root, folder, '.cache', 'installed');
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, lockfile)))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return 0;
  const code = work();
  if (code !== 0) return code;
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
  return 0;
}
