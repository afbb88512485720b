import type { Clock } from '../clock.js';
import { TasklatchError } from '../errors.js';
import { codeOf, publish, type TasklatchEvents } from '../events.js';
import { causeOf } from '../fact.js';
import type { Random } from '../random.js';
import type { EffectLease, TaskStore } from '../store.js';
import { isTerminal, type Task } from '../task.js';
import { fullJitter, withTimeLimit } from '../time-limit.js';
import {
  type EffectContext,
  type EffectHandlers,
  type FactContext,
  kindFor,
  type Registered,
} from './effect-handlers.js';

export interface EffectOptions {
  /** Effects at once in this process. Default 16. */
  readonly concurrency: number;
  /** How long a dead worker's effect waits for the next. Short, since a heartbeat extends it. Default 15 s. */
  readonly leaseMs: number;
  /** The longest one run may take; then it counts as failed. Default 5 min. */
  readonly timeoutMs: number;
  /** Failed runs until the effect is parked as dead. Default 12: about an hour with the default backoff. */
  readonly maxAttempts: number;
  /** Runs that ended with their process until the effect is parked as dead: it is what kills the process. Default 4. */
  readonly maxCrashes: number;
  /** First pause after a failure, doubled each time with full jitter. Default 1 s. */
  readonly backoffMs: number;
  /** Default 10 min. */
  readonly backoffCapMs: number;
}

export interface EffectRunnerOptions<Tx> {
  readonly store: TaskStore<Tx>;
  readonly handlers: EffectHandlers<Tx>;
  readonly effects: EffectOptions;
  readonly clock: Clock;
  readonly random: Random;
  readonly unseal: (task: Task) => Task;
  readonly unsealEntry: (lease: EffectLease) => EffectLease['entry'];
}

const DONE = { kind: 'done' } as const;

/** Runs one claimed effect to an end that the store knows: done, due again, or dead. Never rejects. */
export function effectRunner<Tx>(
  options: EffectRunnerOptions<Tx>,
): (lease: EffectLease, stop: AbortSignal) => Promise<void> {
  const { clock, effects, handlers, random, store } = options;
  type Outcome = TasklatchEvents['effect']['outcome'];

  const tell = (
    lease: EffectLease,
    handler: string | null,
    outcome: Outcome,
    code: string | null,
    began: number,
  ): void =>
    publish('effect', {
      provider: lease.task.provider,
      taskId: lease.taskId,
      kind: causeOf(lease.kind),
      handler,
      outcome,
      code,
      attempt: lease.ends + 1,
      ms: clock.now() - began,
    });

  /** Extends the lease while the effect runs; aborts the effect when the lease is lost, or may be for all this process knows. */
  function heartbeat(lease: EffectLease, abort: AbortController): () => void {
    let cancel: () => void = () => undefined;
    // A little before the store thinks so: the effect shall stop before the next worker begins it.
    const heldMs = effects.leaseMs * 0.9;
    let heldUntil = clock.now() + heldMs;
    const lost = (): void =>
      abort.abort(new TasklatchError('lease_lost', 'The lease of this effect is over: another worker may run it now.'));
    const beat = (): void => {
      cancel = clock.setTimeout(
        () => {
          const asked = clock.now();
          if (asked >= heldUntil) return lost();
          // A store that does not answer is asked again at the next beat, until the lease must be taken for lost.
          const answered = (held: boolean): void => {
            if (held) heldUntil = asked + heldMs;
            else lost();
          };
          store.extend(lease, effects.leaseMs).then(answered, (error: unknown) => {
            publish('trouble', { where: 'effects', code: codeOf(error) });
          });
          beat();
        },
        Math.min(effects.leaseMs / 3, Math.max(heldUntil - clock.now(), 0)),
      );
    };
    beat();
    return () => cancel();
  }

  async function runHandler(handler: Registered<Tx>, lease: EffectLease, abort: AbortController): Promise<boolean> {
    const context = (tx: Tx): EffectContext<Tx> | FactContext<Tx> => {
      const base = {
        tx,
        effectKey: `${lease.taskId}:${handler.cause}:${lease.number}:${handler.name}`,
        attempt: lease.ends + 1,
        signal: abort.signal,
      };
      const entry = options.unsealEntry(lease);
      return entry === null ? base : { ...base, entry };
    };
    const task = options.unseal(lease.task);
    const inTime = <T>(work: Promise<T>): Promise<T> =>
      withTimeLimit(clock, effects.timeoutMs, work, () => {
        const late = new TasklatchError(
          'lease_lost',
          `The effect took longer than ${effects.timeoutMs} ms. Raise \`effects.timeoutMs\`, or do less in it.`,
        );
        abort.abort(late);
        return Object.assign(late, { code: 'timeout' });
      });
    if (store.transact !== undefined && handler.transaction) {
      await inTime(store.transact(lease, DONE, async (tx) => handler.run(task, context(tx))));
      return true;
    }
    // Without a transaction there is none to hand over: the type of `tx` is undefined then.
    await inTime(Promise.resolve(handler.run(task, context(undefined as Tx))));
    return store.finish(lease, DONE);
  }

  return async function runEffect(lease, stop) {
    const began = clock.now();
    const abort = new AbortController();
    const stopped = (): void => abort.abort(stop.reason);
    stop.addEventListener('abort', stopped, { once: true });
    const quiet = heartbeat(lease, abort);
    try {
      const own = handlers.of(lease.kind, lease.task.provider);
      if (isSuperseded(lease)) {
        await store.finish(lease, { kind: 'done' });
        return tell(lease, null, 'superseded', null, began);
      }
      if (own.length > 1) {
        // Each handler gets an effect of its own: its own lease, attempts and dead letter. None waits for, or dies with, another.
        await store.finish(lease, { kind: 'split', into: own.map(kindFor) });
        return tell(lease, null, 'split', null, began);
      }
      const [handler] = own;
      // Never: a worker claims only the kinds it has a handler for.
      if (handler === undefined) return;
      if (lease.starts - lease.ends - 1 >= effects.maxCrashes) {
        await store.finish(lease, { kind: 'dead', error: 'crashed' });
        return tell(lease, handler.name, 'dead', 'crashed', began);
      }
      try {
        const held = await runHandler(handler, lease, abort);
        tell(lease, handler.name, held ? 'done' : 'lost', null, began);
      } catch (error) {
        if (isLost(error)) tell(lease, handler.name, 'lost', 'lease_lost', began);
        else await giveBack(lease, handler.name, error, began);
      }
    } catch (error) {
      // The store did not take the end: the lease runs out and the effect runs again.
      publish('trouble', { where: 'effects', code: codeOf(error) });
    } finally {
      quiet();
      stop.removeEventListener('abort', stopped);
    }
  };

  async function giveBack(lease: EffectLease, handler: string, failure: unknown, began: number): Promise<void> {
    const attempt = lease.ends + 1;
    const code = codeOf(failure);
    const dead = isFinal(failure) || attempt >= effects.maxAttempts;
    const inMs = fullJitter(random.fraction(), attempt, effects.backoffMs, effects.backoffCapMs);
    const held = await store.finish(lease, dead ? { kind: 'dead', error: code } : { kind: 'again', inMs, error: code });
    tell(lease, handler, held ? (dead ? 'dead' : 'again') : 'lost', code, began);
  }
}

/** `expired` that the provider's verdict replaced before its effect ran, and progress of a task that has settled meanwhile. */
const isSuperseded = ({ kind, number, task }: EffectLease): boolean =>
  causeOf(kind) === 'settled' ? number < task.verdicts : causeOf(kind) === 'progress' && isTerminal(task.status);

const isFinal = (error: unknown): boolean => error instanceof Error && 'retry' in error && error.retry === false;
const isLost = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'lease_lost';
