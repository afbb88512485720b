import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const attw = join(
  dirname(createRequire(import.meta.url).resolve('@arethetypeswrong/cli/package.json')),
  'dist/index.js',
);

/** Whether TypeScript finds the right types from ESM, from CommonJS and through a bundler. */
export function checkTypes({ tarball }) {
  const args = [
    attw,
    tarball,
    '--profile',
    'node16',
    '--no-definitely-typed',
    '--no-color',
    '--no-emoji',
    '--format',
    'ascii',
  ];
  return new Promise((resolve) => {
    execFile(process.execPath, args, (error, stdout, stderr) => {
      resolve(error ? [`attw: ${(stdout + stderr).trim()}`] : []);
    });
  });
}
