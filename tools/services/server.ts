import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endWithParent } from './end-with-parent.js';
import { isRunning, reachedBy, send } from './signals.js';

/** A database server of our own: loopback only, on its own port and data folder. */
export interface Server {
  readonly url: string;
  readonly port: number;
  /** Of the running server process, or of the last one. */
  readonly pid: number;
  /**
   * Sends a signal, SIGKILL unless told. Resolves once the server is gone, its own child processes included; SIGSTOP and
   * SIGCONT (a server that hangs, and comes back) resolve at once.
   */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port and data, after a clean shutdown if it still runs. Resolves when it answers. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

export interface ServerPlan {
  name: string;
  url: string;
  port: number;
  command: readonly [string, ...string[]];
  env: NodeJS.ProcessEnv;
  /** Holds data and log; removed by `stop`. */
  folder: string;
  uid?: number | undefined;
  /** A clean shutdown, and the quickest one whose data nobody needs. */
  signals: { clean: NodeJS.Signals; quick: NodeJS.Signals };
  /** Whether the process `pid`, and not a stranger on its port, answers. */
  ready(pid: number): Promise<boolean>;
}

const READY_WITHIN_MS = 30_000;

/** Starts the planned server and resolves when it answers. It does not outlive this process, not even by kill -9. */
export async function runServer(plan: ServerPlan): Promise<Server> {
  let child = await launch(plan).catch((error: unknown) => {
    rmSync(plan.folder, { recursive: true, force: true });
    throw error;
  });

  async function kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (hasEnded(child)) return;
    const pids = reachedBy(signal, pidOf(child));
    const ended = ending(child);
    for (const pid of pids) send(pid, signal);
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') return;
    await ended;
    // A worker process that outlived its parent may still hold the data folder.
    while (pids.some(isRunning)) await sleep(10);
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const patience = setTimeout(() => void kill('SIGKILL'), 5_000);
    await kill('SIGCONT'); // A stopped process would not hear the next signal.
    await kill(signal);
    clearTimeout(patience);
  }

  return {
    url: plan.url,
    port: plan.port,
    get pid() {
      return pidOf(child);
    },
    kill,
    async restart() {
      await end(plan.signals.clean);
      child = await launch(plan);
    },
    async stop() {
      await end(plan.signals.quick);
      rmSync(plan.folder, { recursive: true, force: true });
    },
  };
}

async function launch(plan: ServerPlan): Promise<ChildProcess> {
  const giveUpAt = Date.now() + READY_WITHIN_MS;
  for (;;) {
    const child = await spawnGuarded(plan);
    while (!hasEnded(child) && Date.now() < giveUpAt) {
      if (await plan.ready(pidOf(child))) return child;
      await sleep(20);
    }
    const log = tail(plan);
    if (!hasEnded(child)) {
      child.kill('SIGKILL');
      throw new Error(`${plan.name} did not answer within ${READY_WITHIN_MS} ms. The end of its log:\n${log}`);
    }
    // After a kill -9 the port or Postgres's shared memory can be held a moment longer.
    const passes = /in use/i.test(log) && Date.now() < giveUpAt;
    if (!passes) throw new Error(`${plan.name} ended while starting. The end of its log:\n${log}`);
    await sleep(100);
  }
}

async function spawnGuarded(plan: ServerPlan): Promise<ChildProcess> {
  const [file, ...args] = plan.command;
  // A file and not a pipe: a pipe nobody reads would block the server, and a broken one would end it.
  const log = openSync(logOf(plan), 'w');
  const child = spawn(file, args, {
    cwd: plan.folder,
    env: plan.env,
    stdio: ['ignore', log, log],
    ...(plan.uid === undefined ? {} : { uid: plan.uid, gid: plan.uid }),
  });
  closeSync(log);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  child.once('exit', endWithParent(pidOf(child), plan.folder, plan.signals.quick));
  child.unref();
  return child;
}

const logOf = (plan: ServerPlan): string => join(plan.folder, 'server.log');

function tail(plan: ServerPlan): string {
  return existsSync(logOf(plan)) ? readFileSync(logOf(plan), 'utf8').slice(-2_000) : '';
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function ending(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.ref();
  });
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('The server process was never started.');
  return child.pid;
}
