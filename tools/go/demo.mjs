import { install, pnpm } from './workspace.mjs';

/** Runs examples/demo from its sources, with the arguments after `--`. */
export function demo(args) {
  return install() || pnpm('--silent', '--filter', '@tasklatch/example-demo', 'start', ...args);
}
