import { setMaxListeners } from 'node:events';
import type { Clock } from '../clock.js';
import { codeOf, publish } from '../events.js';
import type { Provider } from '../provider.js';
import type { Random } from '../random.js';
import type { CheckLease, ClaimOptions, EffectLease, PurgeQuery, TaskStore } from '../store.js';
import { pause, withTimeLimit } from '../time-limit.js';
import type { EffectHandlers } from './effect-handlers.js';
import type { ProviderGate } from './provider-gate.js';
import type { EffectOptions } from './run-effect.js';

export interface WorkerOptions<Tx> {
  readonly store: TaskStore<Tx>;
  readonly providers: ReadonlyMap<string, Provider<never>>;
  readonly gates: ReadonlyMap<string, ProviderGate>;
  readonly handlers: EffectHandlers<Tx>;
  readonly runEffect: (lease: EffectLease, stop: AbortSignal) => Promise<void>;
  readonly runCheck: (lease: CheckLease, stop: AbortSignal) => Promise<void>;
  readonly effects: Pick<EffectOptions, 'concurrency' | 'leaseMs'>;
  readonly checkLeaseMs: number;
  /** How often an idle worker looks for due work when nothing wakes it. */
  readonly pollMs: number;
  readonly retention: PurgeQuery;
  readonly purgeEveryMs: number;
  readonly storeTimeoutMs: number;
  readonly clock: Clock;
  readonly random: Random;
}

export interface TickReport {
  readonly effects: number;
  readonly checks: number;
  readonly purged: number;
  /** True when the time was over before the due work was. */
  readonly more: boolean;
}

export interface Worker {
  start(): void;
  /** Takes no new work, waits for what runs, then aborts it. */
  stop(withinMs: number): Promise<void>;
  /** Does what is due now, for hosts where no process stays alive. */
  tick(budgetMs: number): Promise<TickReport>;
  /** Look now: something became due. */
  nudge(work: 'effect' | 'check'): void;
}

type Work = 'effect' | 'check';
const IDLE_BACKOFF_MS = 5_000;
const NUDGED = 'nudged';

export function worker<Tx>(options: WorkerOptions<Tx>): Worker {
  const { clock, gates, handlers, random, store } = options;
  const providers = [...options.providers.keys()];
  const running: Record<Work, Set<Promise<void>>> = { effect: new Set(), check: new Set() };
  const awake: Record<Work, AbortController> = { effect: new AbortController(), check: new AbortController() };
  const hardStop = new AbortController();
  // Every piece of work listens to it.
  setMaxListeners(0, hardStop.signal);
  const claimIds: Record<Work, string | null> = { effect: null, check: null };
  /** How much the last claim asked for, and whether it got that: then there is probably more. */
  const last: Record<Work, { asked: number; more: boolean }> = {
    effect: { asked: 0, more: false },
    check: { asked: 0, more: false },
  };
  let loops: Promise<void>[] = [];
  let stopping = false;
  let turn = 0;

  function nudge(work: Work): void {
    // With a reason of its own: every fact that comes in nudges, and the default one is an error with a stack.
    awake[work].abort(NUDGED);
  }

  async function nap(work: Work, ms: number): Promise<void> {
    await pause(clock, ms * (0.75 + 0.5 * random.fraction()), awake[work].signal);
    awake[work] = new AbortController();
  }

  /** How much may be claimed from whom. A start that moves on lets every provider have its turn. */
  function room(work: Work): ClaimOptions['from'] {
    turn += 1;
    const order = providers.map((_, index) => providers[(index + turn) % providers.length] ?? '');
    if (work === 'check') {
      return order
        .map((provider) => ({ provider, limit: gates.get(provider)?.free() ?? 0 }))
        .filter(({ limit }) => limit > 0);
    }
    const free = options.effects.concurrency - running.effect.size;
    const wanted = order.filter((provider) => handlers.kinds(provider).length > 0).slice(0, Math.max(free, 0));
    // Only kinds that somebody here handles.
    return wanted.map((provider) => ({
      provider,
      limit: Math.max(1, Math.floor(free / wanted.length)),
      kinds: handlers.kinds(provider),
    }));
  }

  async function claim(work: Work): Promise<number> {
    const from = room(work);
    if (from.length === 0) return 0;
    const asked = from.reduce((sum, { limit }) => sum + limit, 0);
    const count = await claimFrom(work, from);
    last[work] = { asked, more: count >= asked };
    return count;
  }

  async function claimFrom(work: Work, from: ClaimOptions['from']): Promise<number> {
    // After a lost answer the same id is used again, so that what was claimed is not left lying until its lease ends.
    const claimId = claimIds[work] ?? random.token();
    claimIds[work] = claimId;
    const began = clock.now();
    const late = (): Error => new Error('claim timed out');
    const limited = <T>(claimed: Promise<T>): Promise<T> => withTimeLimit(clock, options.storeTimeoutMs, claimed, late);
    if (work === 'check') {
      const leases = await limited(store.claim('check', { claimId, leaseMs: options.checkLeaseMs, from }));
      claimIds.check = null;
      for (const lease of leases) run('check', options.runCheck(lease, hardStop.signal));
      return leases.length;
    }
    const leases = await limited(store.claim('effect', { claimId, leaseMs: options.effects.leaseMs, from }));
    claimIds.effect = null;
    // An answer so late that the lease may be over is not begun: the next claim gets it.
    const stale = clock.now() - began > options.effects.leaseMs / 2;
    for (const lease of stale ? [] : leases) run('effect', options.runEffect(lease, hardStop.signal));
    return leases.length;
  }

  function run(work: Work, piece: Promise<void>): void {
    running[work].add(piece);
    void piece.finally(() => {
      running[work].delete(piece);
      // Half of what was taken is done: enough room for a claim that is worth its round trip.
      if (last[work].more && running[work].size * 2 <= last[work].asked) nudge(work);
    });
  }

  async function loop(work: Work): Promise<void> {
    let failures = 0;
    while (!stopping) {
      try {
        const count = await claim(work);
        failures = 0;
        if (count === 0 || !last[work].more) await nap(work, options.pollMs);
      } catch (error) {
        failures += 1;
        publish('trouble', { where: work === 'effect' ? 'effects' : 'checks', code: codeOf(error) });
        await nap(work, Math.min(IDLE_BACKOFF_MS, options.pollMs * 2 ** Math.min(failures, 10)));
      }
    }
  }

  async function purge(): Promise<number> {
    try {
      const removed = await store.purge(options.retention);
      if (removed > 0) publish('purge', { removed });
      return removed;
    } catch (error) {
      publish('trouble', { where: 'purge', code: codeOf(error) });
      return 0;
    }
  }

  async function purgeLoop(): Promise<void> {
    const stopped = hardStop.signal;
    while (!stopping) {
      await pause(clock, options.purgeEveryMs * (0.75 + 0.5 * random.fraction()), stopSoft.signal);
      // A full batch means that there is more: go on, with a breath between.
      while (!stopping && !stopped.aborted && (await purge()) >= (options.retention.limit ?? 500))
        await pause(clock, 50, stopSoft.signal);
    }
  }

  const stopSoft = new AbortController();
  const idle = async (): Promise<void> => {
    await Promise.all([...running.effect, ...running.check]);
  };

  return {
    nudge,
    start() {
      if (loops.length > 0 || stopping) return;
      loops = [loop('effect'), loop('check'), purgeLoop()];
    },
    async stop(withinMs) {
      stopping = true;
      stopSoft.abort();
      nudge('effect');
      nudge('check');
      const drained = Promise.all([...loops, idle()]).then(idle);
      await withTimeLimit(clock, withinMs, drained, () => new Error('not drained')).catch(async () => {
        hardStop.abort(new Error('The worker stops.'));
        // What does not heed the signal is left behind: its lease ends by itself.
        await Promise.race([idle(), pause(clock, 1_000)]);
      });
    },
    async tick(budgetMs) {
      const end = clock.now() + budgetMs;
      const done = { effects: 0, checks: 0 };
      for (;;) {
        if (stopping || clock.now() >= end) return { ...done, purged: 0, more: true };
        const [effects, checks] = await Promise.all([claim('effect'), claim('check')]);
        done.effects += effects;
        done.checks += checks;
        if (effects + checks === 0 && running.effect.size + running.check.size === 0) break;
        await Promise.race([idle(), pause(clock, Math.max(end - clock.now(), 0))]);
      }
      return { ...done, purged: await purge(), more: false };
    },
  };
}
