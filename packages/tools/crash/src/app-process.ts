import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Setup } from './setup.js';

/** One process of the app, started again each time it was killed. */
export interface AppProcess {
  readonly role: Setup['role'];
  readonly port: number;
  /** Whether it has started up; otherwise there is nothing in it to interrupt. */
  readonly ready: boolean;
  /** Kills it with -9, waits so long, and starts it again. Resolves when it is dead. */
  kill(pauseMs: number): Promise<void>;
  /** Kills it for good. */
  end(): Promise<void>;
}

const SCRIPT = fileURLToPath(new URL('./process.ts', import.meta.url));

/** `fell` is told when the process ends without having been killed. */
export function startAppProcess(setup: Setup, fell: (what: string) => void): AppProcess {
  let child: ChildProcess | undefined;
  let ready = false;
  let ended = false;

  function start(): void {
    if (ended) return;
    const started = spawn(process.execPath, ['--import', 'tsx', SCRIPT, JSON.stringify(setup)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child = started;
    createInterface(started.stdout).once('line', () => {
      ready = true;
    });
    started.once('exit', (code) => {
      ready = false;
      if (code !== null) fell(`a ${setup.role} process ended by itself with ${code}`);
    });
  }

  async function dead(): Promise<void> {
    ready = false;
    const gone = child?.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
    child?.kill('SIGKILL');
    await gone;
  }

  start();
  return {
    role: setup.role,
    port: setup.port,
    get ready() {
      return ready;
    },
    async kill(pauseMs) {
      await dead();
      setTimeout(start, pauseMs);
    },
    async end() {
      ended = true;
      await dead();
    },
  };
}
