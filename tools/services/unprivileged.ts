import { execFileSync } from 'node:child_process';
import { findExecutable } from './find-executable.js';

/** Nobody, on every Linux. */
const NOBODY = 65_534;

/** How to run a program that refuses to run as root: by a command before it, or as another user. */
export interface Unprivileged {
  prefix: readonly string[];
  uid?: number;
}

/**
 * For root, a user namespace in which root shows as nobody, so that the program still reads a checkout in a folder only
 * root may enter. Where namespaces are refused, as in many containers, the real user nobody. For anyone else, nothing.
 */
export function unprivileged(): Unprivileged {
  if (process.getuid?.() !== 0) return { prefix: [] };
  const unshare = findExecutable('unshare');
  if (unshare !== undefined) {
    const prefix = [unshare, '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`] as const;
    try {
      execFileSync(prefix[0], [...prefix.slice(1), 'true'], { stdio: 'ignore' });
      return { prefix };
    } catch {
      // Namespaces are refused here.
    }
  }
  return { prefix: [], uid: NOBODY };
}
