import { spawn } from 'node:child_process';

// The guard reads a pipe whose other end only this process holds. A line on it means "all is well, go"; an end of file
// without a line means that this process is gone, however it went, kill -9 included.
const GUARD = `
read -r released && exit 0
kill -"$3" "$1" 2>/dev/null
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do kill -0 "$1" 2>/dev/null || break; sleep 0.1; done
kill -KILL "$1" 2>/dev/null
rm -rf "$2"
`;

/**
 * Ends the process `pid` and removes `folder` when this process is gone without having called the returned release.
 * Costs one sleeping shell.
 */
export function endWithParent(pid: number, folder: string, signal: NodeJS.Signals): () => void {
  // Detached: Ctrl-C in a terminal goes to the whole foreground group, and must not take the guard first.
  const guard = spawn('/bin/sh', ['-c', GUARD, 'guard', String(pid), folder, signal.replace('SIG', '')], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.once('error', () => {}); // No shell: then nothing is guarded, which only matters after a kill -9.
  guard.stdin.once('error', () => {}); // The guard was killed: nothing left to release.
  guard.unref();
  if ('unref' in guard.stdin && typeof guard.stdin.unref === 'function') guard.stdin.unref();
  return () => guard.stdin.end('released\n');
}
