import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '@tasklatch/testing';
import { freePort, type Server, startPostgres, startRedis } from '../../../../tools/services.js';
import { type AppProcess, startAppProcess } from './app-process.js';
import { startBalancer } from './balancer.js';
import { startEmulatorProcess } from './emulator-process.js';
import { type Kills, killAll } from './kill-all.js';
import { startLoad } from './load.js';
import { openStore, type StoreName } from './open-store.js';
import { type Findings, verify } from './verify.js';
import { watchStore } from './watch-store.js';
import { startWitness } from './witness.js';
import { workerTime } from './worker-time.js';

export interface CrashOptions {
  readonly store: StoreName;
  /** How many processes are killed, the database among them. */
  readonly kills: number;
  /** The same seed kills in the same order; what the machine makes of it differs. */
  readonly seed: number;
  /** How long the app waits for a verdict, and so how long the run goes on after the last kill at most, about. Default 45 s. */
  readonly deadlineMs?: number;
  /** Told after each kill how many there were. */
  readonly killed?: (soFar: number) => void;
}

export interface CrashReport extends Findings {
  readonly kills: Kills;
}

const ROLES = ['app', 'app', 'worker', 'worker'] as const;
const SUBMIT_EVERY_MS = 60;
/** From the last deadline until everything that hangs on it is done. */
const SETTLE_MS = 30_000;
/** A lease of 1.5 s that is over should be taken up at once; but this is a busy machine, and the worker that is up may just have come up. */
const LEASE_LIES_MS = 20_000;

/**
 * Runs an app of four processes under load, kills them and their database with -9 at random instants, lets everything come to its end,
 * and looks from outside whether a promise was broken.
 */
export async function runCrash(options: CrashOptions): Promise<CrashReport> {
  const { store, kills: count, seed, deadlineMs = 45_000, killed = () => {} } = options;
  const ends: (() => unknown)[] = [];
  const fallen: string[] = [];
  try {
    const folder = await mkdtemp(join(tmpdir(), 'tasklatch-crash-'));
    ends.push(() => rm(folder, { recursive: true, force: true }));
    const server = await startServer(store);
    ends.push(() => server?.stop());
    const address = server?.url ?? join(folder, 'tasks.db');
    const own = openStore(store, address);
    ends.push(() => own.close());
    await own.setUp();
    const witness = await startWitness();
    ends.push(() => witness.close());
    const emulator = await startEmulatorProcess(folder, seed);
    ends.push(() => emulator.end());

    const processes: AppProcess[] = [];
    const balancer = await startBalancer(() =>
      processes.filter(({ role, ready }) => role === 'app' && ready).map(({ port }) => port),
    );
    ends.push(() => balancer.close());
    const urls = {
      publicUrl: `http://127.0.0.1:${balancer.port}`,
      emulatorUrl: emulator.url,
      witnessUrl: witness.url,
    };
    for (const role of ROLES) {
      const setup = { role, store, address, deadlineMs, port: await freePort(), ...urls };
      const process = startAppProcess(setup, (what) => fallen.push(what));
      ends.push(() => process.end());
      processes.push(process);
    }
    await until(60_000, async () => processes.every(({ ready }) => ready));

    const workers = workerTime(() => processes.some(({ role, ready }) => role === 'worker' && ready));
    ends.push(() => workers.stop());
    const watch = watchStore(own.store, workers);
    ends.push(() => watch.stop());
    const load = startLoad(urls.publicUrl, SUBMIT_EVERY_MS, () => watch.behind);
    ends.push(() => load.stop());

    const chance = seededRandom(seed);
    const kills = await killAll(processes, server, count, () => chance.fraction(), killed);
    await load.stop();
    const settled = await until(deadlineMs + SETTLE_MS, () => allDone(own.store));
    watch.stop();
    for (const process of processes) await process.end();

    const { counts, broken } = await verify({
      store: own.store,
      answered: load.answered,
      keys: load.keys,
      providerTasks: await emulator.tasks(),
      heard: witness.heard,
      workers,
      written: own.write === undefined ? null : tally(await own.words()),
    });
    if (!settled) fallen.push('not everything came to its end in time');
    if (watch.longestMs > LEASE_LIES_MS) fallen.push(`a lease that was over lay for ${watch.longestMs} ms`);
    const lay = { 'longest that a dead lease lay, ms': watch.longestMs };
    return { kills, counts: { ...counts, ...lay }, broken: [...fallen, ...broken] };
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

async function startServer(store: StoreName): Promise<Server | undefined> {
  if (store === 'postgres') return startPostgres();
  // Without these a Redis that is killed may forget what it has acknowledged.
  if (store === 'redis') return startRedis({ settings: { appendonly: 'yes', appendfsync: 'always' } });
  return undefined;
}

/** Whether every task has settled and every effect has run. */
async function allDone(store: ReturnType<typeof openStore>['store']): Promise<boolean> {
  for (const effect of ['due', 'running', 'dead'] as const) {
    if ((await store.list({ effect, limit: 1 })).items.length > 0) return false;
  }
  for (const status of ['submitting', 'unclear', 'pending', 'running'] as const) {
    if ((await store.list({ status, limit: 1 })).items.length > 0) return false;
  }
  return true;
}

async function until(withinMs: number, look: () => Promise<boolean>): Promise<boolean> {
  for (const end = performance.now() + withinMs; performance.now() < end; await sleep(200)) {
    if (await look().catch(() => false)) return true;
  }
  return false;
}

const tally = (words: readonly string[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
};
