import type { EffectKind, FactStatus } from './fact.js';
import type { CallbackHandler, HttpHandler } from './http.js';
import type { Ledger, LedgerRef, Page, Recorded, TaskQuery, TaskRef } from './store.js';
import type { SubmitOptions } from './submit.js';
import type { Task, TaskError, TaskResult } from './task.js';
import type { TaskHandlerOptions } from './tasks/task-handler.js';
import type { EffectHandler, EffectHandlerOptions, FactHandler } from './work/effect-handlers.js';
import type { TickReport } from './work/worker.js';

/** What an operator says about a task, when nobody else will. */
export interface OperatorFact {
  /** Binds the provider's id to the task (an `unclear` one, found by hand). */
  readonly externalId?: string;
  readonly status?: Exclude<FactStatus, 'expired' | 'unclear'>;
  readonly result?: TaskResult;
  readonly error?: TaskError;
}

export interface Tasklatch<Tx = undefined> {
  /** Persists the intent, sends it once, persists the answer. See `SubmitOptions`; throws `TasklatchError`. */
  submit(request: SubmitOptions): Promise<Task>;
  /** Runs once for each verdict: the place for what the app does with a finished task. Register before `start`, the same in every process. */
  onSettled(handler: EffectHandler<Tx>, options?: EffectHandlerOptions): void;
  /** Runs when a task has moved without being settled; states that pass while it runs are skipped. */
  onProgress(handler: EffectHandler<Tx>, options?: EffectHandlerOptions): void;
  /** Runs once for each new fact of a delivery: for webhooks that are events rather than the end of a task. */
  onFact(handler: FactHandler<Tx>, options?: EffectHandlerOptions): void;
  /** Answers callbacks; the adapters mount it. */
  readonly callbacks: CallbackHandler;
  /** Status, list and live events of tasks; the adapters mount it. */
  tasks<Raw>(options: TaskHandlerOptions<Raw>): HttpHandler;
  /** The URL a provider calls for a task; undefined without `callbacks`. A capability: keep it out of logs. */
  callbackUrl(provider: string, taskId: string): string | undefined;
  /** With `owner`, another owner's task reads as undefined. */
  get(ref: TaskRef, owner?: string): Promise<Task | undefined>;
  list(query?: TaskQuery): Promise<Page<Task>>;
  ledger(ref: LedgerRef): Promise<Ledger>;
  /** Each newer state until the task is terminal. */
  watch(
    taskId: string,
    options?: { readonly signal?: AbortSignal; readonly after?: number },
  ): AsyncGenerator<Task, void, undefined>;
  /** The task once it is terminal, or as it stands after `timeoutMs` (default 60 s). Undefined for an unknown id. */
  wait(taskId: string, timeoutMs?: number): Promise<Task | undefined>;
  /** Writes what an operator knows into the ledger and joins it, as any other fact. */
  tell(taskId: string, said: OperatorFact): Promise<Recorded>;
  /**
   * Makes effects run again as a new attempt, under the same `effectKey`: those that are dead, or with `kind` all of exactly this kind that are dead or
   * done. Answers the kinds it found; none when there was nothing to run again.
   */
  replay(taskId: string, kind?: EffectKind): Promise<readonly EffectKind[]>;
  /** Reads a quarantined delivery again, after a fix. True when it left the quarantine. */
  release(entryId: string): Promise<boolean>;
  /** Drops quarantined deliveries. Answers how many. */
  discard(entryIds: readonly string[]): Promise<number>;
  /** Begins to run effects and checks in this process, which stays alive until `stop`. */
  start(): Promise<void>;
  /** Takes nothing new (callbacks get 503), lets what runs end, aborts it after `withinMs` (default 10 s). */
  stop(options?: { readonly withinMs?: number }): Promise<void>;
  /** Does what is due now and returns, for hosts without a lasting process. Default budget 10 s. */
  tick(options?: { readonly budgetMs?: number }): Promise<TickReport>;
}
