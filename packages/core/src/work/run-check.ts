import type { Clock } from '../clock.js';
import { ProviderFailure } from '../errors.js';
import { codeOf, publish, type TasklatchEvents } from '../events.js';
import type { Fact } from '../fact.js';
import { makeFact } from '../make-fact.js';
import type { CheckPacing, Provider } from '../provider.js';
import type { Random } from '../random.js';
import { hasUnknownStatus, saidBy } from '../said-by.js';
import type { CheckLease, Recorded, TaskStore } from '../store.js';
import { isTerminal, type Task } from '../task.js';
import { withTimeLimit } from '../time-limit.js';
import type { ProviderGate } from './provider-gate.js';

export interface CheckRunnerOptions {
  readonly providers: ReadonlyMap<string, Provider<never>>;
  readonly gates: ReadonlyMap<string, ProviderGate>;
  readonly store: Pick<TaskStore<unknown>, 'finish'>;
  readonly record: (fact: Fact) => Promise<Recorded>;
  readonly pacing: (task: Task) => CheckPacing;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly random: Random;
  /** The longest one status call may take. */
  readonly timeoutMs: number;
  readonly unseal: (task: Task) => Task;
}

/** A confirming check after a hint comes no sooner than this after the one before. */
const HINTED_LEAST_MS = 1_000;

/** Does one claimed check: asks the provider, or, where there is nothing to ask, lets the clock speak. Never rejects. */
export function checkRunner(options: CheckRunnerOptions): (lease: CheckLease, stop: AbortSignal) => Promise<void> {
  const { clock, record, store } = options;
  type Outcome = TasklatchEvents['check']['outcome'];

  async function ask(provider: Provider<never>, task: Task, externalId: string, stop: AbortSignal) {
    const abort = new AbortController();
    const stopped = (): void => abort.abort(stop.reason);
    stop.addEventListener('abort', stopped, { once: true });
    const late = (): Error => {
      abort.abort(new DOMException('The check took too long.', 'TimeoutError'));
      return new ProviderFailure('timeout');
    };
    try {
      const call = provider.status?.(externalId, options.unseal(task), {
        fetch: options.fetch,
        signal: abort.signal,
        now: () => clock.now(),
      });
      return call === undefined ? undefined : await withTimeLimit(clock, options.timeoutMs, call, late);
    } finally {
      stop.removeEventListener('abort', stopped);
    }
  }

  function waitMs(lease: CheckLease): number {
    const { task } = lease;
    const asksNobody = task.externalId === null || options.providers.get(task.provider)?.status === undefined;
    if (asksNobody) return Math.max(task.deadlineAt - clock.now(), HINTED_LEAST_MS);
    const pacing = options.pacing(task);
    const first = task.expectsCallback ? pacing.firstWithCallbackMs : pacing.firstWithoutCallbackMs;
    const planned =
      Math.min(pacing.capMs, first * pacing.factor ** Math.min(lease.starts - 1, 60)) *
      (0.75 + 0.5 * options.random.fraction());
    if (!task.hinted) return planned;
    // The provider said it is over, its status does not know yet: ask soon, and less and less often.
    return Math.min(planned, Math.max(HINTED_LEAST_MS, (clock.now() - task.updatedAt) / 2));
  }

  /** What our own clock says about a task that nobody else can speak for. */
  function own(task: Task, status: 'expired' | 'unclear'): Promise<Recorded> {
    return record(
      makeFact({
        provider: task.provider,
        taskId: task.id,
        source: 'deadline',
        status,
        error: { code: status === 'expired' ? 'deadline' : 'no_answer', message: null },
      }),
    );
  }

  async function run(lease: CheckLease, stop: AbortSignal): Promise<readonly [Outcome, string | null]> {
    const { task } = lease;
    const provider = options.providers.get(task.provider);
    const gate = options.gates.get(task.provider);
    if (isTerminal(task.status)) return ['waiting', null];
    let code: string | null = null;
    if (provider?.status !== undefined && task.externalId !== null) {
      gate?.enter();
      try {
        const said = await ask(provider, task, task.externalId, stop);
        if (said !== undefined) {
          gate?.answered();
          if (hasUnknownStatus(said)) publish('unknownStatus', { provider: provider.name, taskId: task.id });
          const fact = saidBy(said);
          const recorded = await record(
            makeFact({
              ...fact,
              provider: provider.name,
              taskId: task.id,
              externalId: fact.externalId ?? task.externalId,
              source: 'check',
            }),
          );
          if (recorded.task !== null && isTerminal(recorded.task.status)) return ['fact', null];
        }
      } catch (error) {
        code = codeOf(error);
        if (error instanceof ProviderFailure) {
          if (error.pause) gate?.tooMuch(error.retryAfterMs);
        }
      } finally {
        gate?.leave();
      }
    } else if (!lease.overdue && task.status === 'submitting' && task.sendToken !== null && task.externalId === null) {
      // Its sender is gone: nobody can say whether it was sent. It is not sent again.
      await own(task, 'unclear');
      return ['unclear', null];
    }
    // The last word before giving up was the provider's; a check that failed is no reason to wait longer.
    if (lease.overdue && !stop.aborted) {
      await own(task, 'expired');
      return ['expired', code];
    }
    return code === null ? ['fact', null] : ['failure', code];
  }

  return async function runCheck(lease, stop) {
    const began = clock.now();
    let outcome: Outcome = 'failure';
    let code: string | null = null;
    try {
      [outcome, code] = await run(lease, stop);
    } catch (error) {
      code = codeOf(error);
      publish('trouble', { where: 'checks', code });
    }
    publish('check', { provider: lease.task.provider, taskId: lease.taskId, outcome, code, ms: clock.now() - began });
    try {
      await store.finish(lease, { kind: 'again', inMs: Math.round(waitMs(lease)) });
    } catch (error) {
      // The lease runs out and the check comes again.
      publish('trouble', { where: 'checks', code: codeOf(error) });
    }
  };
}
