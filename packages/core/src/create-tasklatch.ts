import { setMaxListeners } from 'node:events';
import { batcher } from './callbacks/batcher.js';
import { callbackHandler } from './callbacks/callback-handler.js';
import { callbackTokens } from './callbacks/callback-token.js';
import { type Clock, systemClock } from './clock.js';
import { TasklatchError } from './errors.js';
import { codeOf, publish } from './events.js';
import type { Fact } from './fact.js';
import { silentLogger } from './logger.js';
import { operatorActs } from './operator-acts.js';
import type { CheckPacing, Provider } from './provider.js';
import { providersByName } from './providers-by-name.js';
import { type Random, systemRandom } from './random.js';
import { sealFact, unsealFact, unsealTask } from './seal.js';
import { resolveSettings, type TasklatchSettings } from './settings.js';
import type { Recorded, TaskStore } from './store.js';
import { submitter } from './submit.js';
import { isTerminal, type Task } from './task.js';
import { freshTaskId } from './task-id.js';
import type { Tasklatch } from './tasklatch.js';
import { taskHandler } from './tasks/task-handler.js';
import { watchers } from './tasks/watch.js';
import { effectHandlers, type FactContext } from './work/effect-handlers.js';
import { heldWhile, holdProcess } from './work/hold-process.js';
import { providerGate } from './work/provider-gate.js';
import { checkRunner } from './work/run-check.js';
import { effectRunner } from './work/run-effect.js';
import { worker } from './work/worker.js';

export interface TasklatchOptions<Tx> extends TasklatchSettings {
  /** Where tasks live: `memoryStore()` for tests, else a store package. */
  readonly store: TaskStore<Tx>;
  /** The APIs this app uses, each by its own name. */
  readonly providers: readonly Provider<never>[];
  /** Default: the machine's own. Both exist so that a whole system can run from a seed. */
  readonly clock?: Clock;
  readonly random?: Random;
  /** What calls providers. Default: Node's fetch. */
  readonly fetch?: typeof globalThis.fetch;
}

/** Ties a store, providers and the app's effects together. Checks every option at once; throws `invalid_options`. */
export function createTasklatch<Tx>(options: TasklatchOptions<Tx>): Tasklatch<Tx> {
  const { clock = systemClock, fetch = globalThis.fetch, random = systemRandom, store } = options;
  const settings = resolveSettings(options);
  const { logger = silentLogger, seal } = options;
  const providers = providersByName(options.providers);
  const tokens = options.callbacks === undefined ? null : callbackTokens([options.callbacks.secret].flat());
  const gates = new Map([...providers.values()].map((provider) => [provider.name, providerGate(provider, clock)]));
  const handlers = effectHandlers<Tx>(providers);
  const following = watchers(store, clock);
  const stopping = new AbortController();
  // Every live stream listens to it.
  setMaxListeners(0, stopping.signal);
  const batches = batcher({ store, clock, timeoutMs: settings.storeTimeoutMs, maxWaiting: settings.maxWaiting });
  let unlisten: (() => Promise<void>) | undefined;
  let release: (() => void) | undefined;

  /** Every door ends here. */
  async function record(fact: Fact): Promise<Recorded> {
    const recorded = await batches.record(sealFact(seal, fact));
    const { outcome, duplicate, task } = recorded;
    publish('record', { provider: fact.provider, taskId: task?.id ?? null, source: fact.source, outcome, duplicate });
    if (outcome === 'settled' && !duplicate && task !== null)
      publish('settle', {
        provider: task.provider,
        taskId: task.id,
        status: task.status,
        ms: clock.now() - task.createdAt,
      });
    if (task !== null && recorded.changed) following.notify(task.id);
    if (!duplicate) runner.nudge('effect');
    if (outcome === 'hint') runner.nudge('check');
    return recorded;
  }

  const baseUrl = options.callbacks === undefined ? null : settings.baseUrl;
  const callbackUrl =
    baseUrl === null || tokens === null
      ? null
      : (provider: string, taskId: string): string => `${baseUrl}/${provider}/${tokens.mint(provider, taskId)}`;
  const pacing = (task: Task): CheckPacing => ({
    ...settings.checks.pacing,
    ...providers.get(task.provider)?.limits?.checks?.(task),
    ...settings.checks.asked,
  });

  const runner = worker<Tx>({
    store,
    providers,
    gates,
    handlers,
    effects: settings.effects,
    checkLeaseMs: settings.checks.timeoutMs * 2 + settings.storeTimeoutMs,
    pollMs: settings.pollMs,
    retention: settings.retention,
    purgeEveryMs: settings.purgeEveryMs,
    storeTimeoutMs: settings.storeTimeoutMs,
    clock,
    random,
    runEffect: effectRunner<Tx>({
      store,
      handlers,
      effects: settings.effects,
      clock,
      random,
      unseal: (task) => unsealTask(seal, task),
      unsealEntry: ({ entry }) => (entry === null ? null : { ...entry, fact: unsealFact(seal, entry.fact) }),
    }),
    runCheck: checkRunner({
      providers,
      gates,
      store,
      record,
      pacing,
      fetch,
      clock,
      random,
      timeoutMs: settings.checks.timeoutMs,
      unseal: (task) => unsealTask(seal, task),
    }),
  });

  const submit = submitter({
    providers,
    store,
    record,
    callbackUrl,
    pacing,
    pauseChecks: (provider, ms) => gates.get(provider)?.tooMuch(ms),
    fetch,
    clock,
    random,
    deadlineMs: settings.deadlineMs,
    timeoutMs: settings.submit.timeoutMs,
    storeTimeoutMs: settings.storeTimeoutMs,
    attempts: settings.submit.attempts,
  });

  const parts = {
    providers,
    tokens,
    record,
    clock,
    logger,
    limitBytes: settings.limitBytes,
    bodyTimeoutMs: settings.bodyTimeoutMs,
    retryAfterSeconds: 5,
    keep: settings.keep,
    openUnknown: () =>
      settings.unknownTasks === 'open' ? { id: freshTaskId(random), deadlineMs: settings.deadlineMs } : null,
    announces: () => [...providers.keys()].some((provider) => handlers.kinds(provider).includes('fact')),
  };
  const callbacks = callbackHandler({ ...parts, stopping: () => stopping.signal.aborted });

  const unseal = (task: Task): Task => unsealTask(seal, task);
  const operator = operatorActs({ ...parts, store, random, seal });

  return {
    submit: async (request) => {
      if (stopping.signal.aborted)
        throw new TasklatchError('stopped', 'This latch was stopped: nothing was sent. Submit in a process that runs.');
      return unseal(await heldWhile(() => submit(request)));
    },
    onSettled: (handler, more = {}) => handlers.add('settled', more, handler),
    onProgress: (handler, more = {}) => handlers.add('progress', more, handler),
    // The worker hands the entry to effects of kind `fact`, and to no other.
    onFact: (handler, more = {}) =>
      handlers.add('fact', more, (task, context) => handler(task, context as FactContext<Tx>)),
    callbacks,
    tasks: (more) =>
      taskHandler(
        {
          store,
          watchers: following,
          clock,
          unseal,
          stopping: stopping.signal,
          storeTimeoutMs: settings.storeTimeoutMs,
        },
        more,
      ),
    callbackUrl: (provider, taskId) => callbackUrl?.(provider, taskId),
    async get(ref, owner) {
      const task = await store.get(ref);
      return task === undefined || (owner !== undefined && task.owner !== owner) ? undefined : unseal(task);
    },
    async list(query = {}) {
      const page = await store.list(query);
      return { ...page, items: page.items.map(unseal) };
    },
    async ledger(ref) {
      const ledger = await store.ledger(ref);
      return { ...ledger, entries: ledger.entries.map((entry) => ({ ...entry, fact: unsealFact(seal, entry.fact) })) };
    },
    async *watch(taskId, { signal, after } = {}) {
      const either = signal === undefined ? stopping.signal : AbortSignal.any([signal, stopping.signal]);
      const end = holdProcess();
      try {
        for await (const task of following.watch(taskId, either, after)) yield unseal(task);
      } finally {
        end();
      }
    },
    async wait(taskId, timeoutMs = 60_000) {
      const late = new AbortController();
      const end = holdProcess();
      const cancel = clock.setTimeout(() => late.abort(), timeoutMs);
      try {
        for await (const task of following.watch(taskId, AbortSignal.any([late.signal, stopping.signal])))
          if (isTerminal(task.status)) return unseal(task);
      } finally {
        cancel();
        end();
      }
      const task = await store.get({ id: taskId });
      return task === undefined ? undefined : unseal(task);
    },
    tell: operator.tell,
    replay: operator.replay,
    release: operator.release,
    discard: (entryIds) => store.purge({ ...settings.retention, discard: entryIds }),
    async start() {
      if (stopping.signal.aborted)
        throw new TasklatchError('stopped', 'This latch was stopped. Make a new one to start again.');
      runner.start();
      release ??= holdProcess();
      try {
        unlisten ??= await store.listen?.((what, taskId) =>
          what === 'task' ? following.notify(taskId) : runner.nudge(what),
        );
      } catch (error) {
        // Only a wake-up: without it everything still happens, at the pace of polling.
        publish('trouble', { where: 'listen', code: codeOf(error) });
      }
    },
    async stop({ withinMs = 10_000 } = {}) {
      stopping.abort();
      await heldWhile(async () => {
        release?.();
        await runner.stop(withinMs);
        await unlisten?.();
      });
    },
    tick: ({ budgetMs = 10_000 } = {}) => heldWhile(() => runner.tick(budgetMs)),
  };
}
