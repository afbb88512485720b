import { existsSync, readFileSync } from 'node:fs';

/**
 * Which processes a signal to a server has to be sent to. What ends, stops or continues it goes to its worker processes
 * too; anything else is a request to the main process, which passes it on as it sees fit.
 */
export function reachedBy(signal: NodeJS.Signals, pid: number): number[] {
  const wholeTree = signal === 'SIGKILL' || signal === 'SIGSTOP' || signal === 'SIGCONT';
  return wholeTree ? [pid, ...childrenOf(pid)] : [pid];
}

/** Postgres serves each connection from a process. Known on Linux only; elsewhere they notice by themselves. */
function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** False if the process is gone already. */
export function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

export function isRunning(pid: number): boolean {
  if (!existsSync('/proc/self/stat')) return send(pid, 0);
  try {
    // An ended process keeps its number until its parent asks for it: state Z.
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
