import { setTimeout as sleep } from 'node:timers/promises';
import type { Server } from '../../../../tools/services.js';
import type { AppProcess } from './app-process.js';

/** How many were killed. */
export interface Kills {
  app: number;
  worker: number;
  database: number;
  /** Times at which every process was killed at once, with the database; each counts in the others too. */
  everything: number;
}

/** Nothing here takes so long to start. */
const STARTS_WITHIN_MS = 60_000;

/** Kills at random instants until `count` processes are dead, and lets them start again. The same `random` kills in the same order. */
export async function killAll(
  processes: readonly AppProcess[],
  server: Server | undefined,
  count: number,
  random: () => number,
  killed: (soFar: number) => void,
): Promise<Kills> {
  const kills: Kills = { app: 0, worker: 0, database: 0, everything: 0 };
  const done = () => kills.app + kills.worker + kills.database;

  async function killProcess(victim: AppProcess): Promise<void> {
    const [livesMs, pauseMs] = [random() * 300, random() * 150];
    // One that is only starting has nothing to interrupt.
    const end = performance.now() + STARTS_WITHIN_MS;
    while (!victim.ready) {
      if (performance.now() > end) throw new Error(`A ${victim.role} process does not start any more.`);
      await sleep(10);
    }
    await sleep(livesMs);
    await victim.kill(pauseMs);
    kills[victim.role] += 1;
  }

  async function killServer(): Promise<void> {
    if (server === undefined) return;
    await server.kill();
    kills.database += 1;
    await sleep(random() * 400);
    await server.restart();
  }

  while (done() < count) {
    await sleep(random() * 200);
    const [dice, which] = [random(), random()];
    const victim = processes[Math.floor(which * processes.length)];
    if (dice < 0.03) {
      kills.everything += 1;
      await Promise.all([killServer(), ...processes.map(killProcess)]);
    } else if (dice < 0.08 && server !== undefined) await killServer();
    else if (victim !== undefined) await killProcess(victim);
    killed(done());
  }
  return kills;
}
