import type { Clock } from './clock.js';
import { TasklatchError } from './errors.js';
import { codeOf, publish } from './events.js';
import { isExternalId } from './external-id.js';
import type { Fact, ProviderFact } from './fact.js';
import { fingerprint } from './fingerprint.js';
import { makeFact } from './make-fact.js';
import type { CheckPacing, Provider, SubmitAnswer } from './provider.js';
import type { Random } from './random.js';
import { errorSaid, hasUnknownStatus, saidBy } from './said-by.js';
import type { Opened, Recorded, TaskDraft, TaskStore } from './store.js';
import type { Task } from './task.js';
import { freshTaskId, taskIdOf } from './task-id.js';
import { fullJitter, pause, withTimeLimit } from './time-limit.js';

export interface SubmitOptions {
  /** Name of one of the latch's providers. */
  readonly provider: string;
  /** The provider's model id, as it is. */
  readonly model?: string;
  /** The provider's input. Plain JSON; it is sent and not kept. */
  readonly input: unknown;
  /** Whom the task belongs to. Task routes show it to nobody else. */
  readonly owner?: string;
  /** One key, one task: however often and however concurrently it is submitted. Unique for its owner. Without it every call makes a new task. */
  readonly key?: string;
  /** How long to wait for a verdict before the task counts as `expired`. Default: the latch's `deadlineMs`. */
  readonly deadlineMs?: number;
}

export interface SubmitterOptions {
  readonly providers: ReadonlyMap<string, Provider<never>>;
  readonly store: Pick<TaskStore<unknown>, 'name' | 'open'>;
  readonly record: (fact: Fact) => Promise<Recorded>;
  readonly callbackUrl: ((provider: string, taskId: string) => string) | null;
  readonly pacing: (task: Task) => CheckPacing;
  readonly pauseChecks: (provider: string, ms: number) => void;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly random: Random;
  readonly deadlineMs: number;
  /** The longest one submit may take, retries of what was not sent included. */
  readonly timeoutMs: number;
  readonly storeTimeoutMs: number;
  /** How often a submit that provably made no task is sent in one call. */
  readonly attempts: number;
}

const NOT_SENT_BASE_MS = 250;
const NOT_SENT_CAP_MS = 5_000;
/** A sender that has not answered so long after its time limit is dead. */
const SEND_GRACE_MS = 30_000;

/** Sends each task once: intent first, then the POST, then its answer; see promise 5. */
export function submitter(options: SubmitterOptions): (request: SubmitOptions) => Promise<Task> {
  const { clock, random, record, store } = options;

  async function open(draft: TaskDraft): Promise<Opened> {
    const late = () =>
      new TasklatchError(
        'store_unavailable',
        `The ${store.name} store did not answer within ${options.storeTimeoutMs} ms, so nothing was sent. Submit again with the same key.`,
      );
    try {
      return await withTimeLimit(clock, options.storeTimeoutMs, store.open(draft), late);
    } catch (error) {
      if (error instanceof TasklatchError) throw error;
      throw new TasklatchError(
        'store_unavailable',
        `The ${store.name} store failed (${codeOf(error)}), so nothing was sent. Submit again with the same key.`,
        { cause: error },
      );
    }
  }

  /** Waits for another sender of the same key, in this process or another, until it is known what became of it. */
  async function openOrWait(draft: TaskDraft): Promise<Opened> {
    const end = clock.now() + draft.sendWithinMs;
    for (let waitMs = 25; ; waitMs = Math.min(waitMs * 2, 1_000)) {
      const opened = await open(draft);
      if (opened.task.fingerprint !== draft.fingerprint) {
        throw new TasklatchError(
          'key_conflict',
          'This submit key was used for another provider, model or input. One key is one task: use a new key for a new request, or send exactly the same request again.',
          { taskId: draft.id },
        );
      }
      if (opened.send || opened.task.status !== 'submitting' || clock.now() >= end) return opened;
      await pause(clock, waitMs);
    }
  }

  async function send(provider: Provider<never>, task: Task, request: SubmitOptions): Promise<SubmitAnswer> {
    const end = clock.now() + options.timeoutMs;
    // A sender with one fixed URL was told it when the app was set up.
    const callbackUrl =
      provider.callbacks?.perTask === true ? options.callbackUrl?.(provider.name, task.id) : undefined;
    for (let attempt = 1; ; attempt++) {
      const answer = await sendOnceTo(provider, task, request, callbackUrl, end - clock.now());
      const waitMs =
        answer.kind === 'notSent'
          ? Math.max(
              answer.retryAfterMs ?? 0,
              fullJitter(random.fraction(), attempt, NOT_SENT_BASE_MS, NOT_SENT_CAP_MS),
            )
          : 0;
      if (answer.kind === 'notSent' && answer.retryAfterMs !== undefined)
        options.pauseChecks(provider.name, answer.retryAfterMs);
      if (answer.kind !== 'notSent' || attempt >= options.attempts || clock.now() + waitMs >= end) return answer;
      await pause(clock, waitMs);
    }
  }

  async function sendOnceTo(
    provider: Provider<never>,
    task: Task,
    request: SubmitOptions,
    callbackUrl: string | undefined,
    ms: number,
  ): Promise<SubmitAnswer> {
    const abort = new AbortController();
    const timeout = () => {
      abort.abort(new DOMException('The submit took too long.', 'TimeoutError'));
      return new TasklatchError('provider_failure', 'The submit took too long.');
    };
    try {
      // The provider's input type is the app's business: it was checked to be JSON, the provider checks the rest.
      const call = provider.submit?.(
        { taskId: task.id, model: task.model, input: request.input as never, callbackUrl },
        { fetch: options.fetch, signal: abort.signal, now: () => clock.now() },
      );
      if (call === undefined) throw new TasklatchError('not_supported', 'No submit.');
      const answer = await withTimeLimit(clock, ms, call, timeout);
      if (answer.kind !== 'accepted') return { ...answer, error: errorSaid(answer.error) };
      // An id that can't be kept is none: the task may exist, and only its callback can name it.
      return isExternalId(answer.fact.externalId)
        ? answer
        : { kind: 'unclear', error: { code: 'unusable_task_id', message: null } };
    } catch (error) {
      return { kind: 'unclear', error: { code: abort.signal.aborted ? 'TIMEOUT' : codeOf(error), message: null } };
    }
  }

  /** The POST happened: its answer must reach the store. A sender that can't save it says so; the callback or the check saves the task. */
  async function save(fact: Fact): Promise<Recorded> {
    const end = clock.now() + options.timeoutMs;
    for (let attempt = 1; ; attempt++) {
      try {
        return await record(fact);
      } catch (error) {
        const waitMs = fullJitter(random.fraction(), attempt, 100, 5_000);
        if (clock.now() + waitMs >= end) {
          throw new TasklatchError(
            'store_unavailable',
            "The provider answered the submit, but the answer could not be saved. Don't submit it under another key: its callback, or a look at the provider, settles it.",
            { cause: error, taskId: fact.taskId ?? undefined },
          );
        }
        await pause(clock, waitMs);
      }
    }
  }

  return async function submit(request) {
    const provider = options.providers.get(request.provider);
    if (provider === undefined) {
      throw new TasklatchError(
        'unknown_provider',
        `No provider of this name. Known: ${[...options.providers.keys()].join(', ')}. Add it to \`providers\` of createTasklatch.`,
      );
    }
    if (provider.submit === undefined)
      throw new TasklatchError(
        'not_supported',
        `The provider ${provider.name} only takes callbacks: it has no submit.`,
      );
    for (const name of ['owner', 'key', 'model'] as const) {
      const value: unknown = request[name];
      if (value !== undefined && (typeof value !== 'string' || value === '' || value.length > 255)) {
        throw new TasklatchError('invalid_request', `\`${name}\` of a submit must be a text of 1 to 255 characters.`);
      }
    }
    const deadlineMs = request.deadlineMs ?? options.deadlineMs;
    if (!Number.isFinite(deadlineMs) || deadlineMs <= 0)
      throw new TasklatchError('invalid_request', '`deadlineMs` must be a positive number of milliseconds.');
    const { owner = null, key = null, model = null } = request;
    const sendToken = random.token();
    const draft: TaskDraft = {
      id: key === null ? freshTaskId(random) : taskIdOf(owner, key),
      provider: provider.name,
      key,
      owner,
      model,
      fingerprint: fingerprint(provider.name, model, request.input),
      expectsCallback:
        provider.callbacks !== undefined && (!provider.callbacks.perTask || options.callbackUrl !== null),
      sendToken,
      sendWithinMs: options.timeoutMs + SEND_GRACE_MS,
      deadlineMs,
    };
    const began = clock.now();
    const { task, send: maySend } = await openOrWait(draft);
    const report = (outcome: SubmitAnswer['kind'] | 'known', code: string | null): void =>
      publish('submit', { provider: provider.name, taskId: task.id, outcome, code, ms: clock.now() - began });
    if (!maySend) {
      report('known', null);
      return settledBySubmit(task);
    }

    const answer = await send(provider, task, request);
    report(answer.kind, answer.kind === 'accepted' ? null : answer.error.code);
    const base = { provider: provider.name, taskId: task.id, source: 'submit' } as const;
    if (answer.kind === 'accepted') {
      const pacing = options.pacing(task);
      const checkInMs = task.expectsCallback ? pacing.firstWithCallbackMs : pacing.firstWithoutCallbackMs;
      if (hasUnknownStatus(answer.fact)) publish('unknownStatus', { provider: provider.name, taskId: task.id });
      const said = saidBySubmit(answer.fact);
      const saved = await save(makeFact({ ...base, ...said, status: said.status ?? 'pending', checkInMs }));
      return saved.task ?? task;
    }
    if (answer.kind === 'unclear') {
      const saved = await save(makeFact({ ...base, status: 'unclear', error: answer.error }));
      return saved.task ?? task;
    }
    if (answer.kind === 'refused') {
      const saved = await save(makeFact({ ...base, status: 'failed', error: answer.error }));
      return settledBySubmit(saved.task ?? task);
    }
    await save(makeFact({ ...base, error: answer.error, notSent: sendToken, nonce: sendToken }));
    throw new TasklatchError(
      'submit_not_sent',
      `The submit did not reach ${provider.name} or was turned away before work began (${answer.error.code}); no task was made there. Submit again with the same key${answer.retryAfterMs === undefined ? '' : ` in ${Math.ceil(answer.retryAfterMs / 1000)} s`}.`,
      { retryAfterMs: answer.retryAfterMs, taskId: task.id },
    );
  };
}

/** A task that the provider refused at once has failed without ever having had an id there. */
function settledBySubmit(task: Task): Task {
  if (task.status === 'failed' && task.externalId === null) {
    throw new TasklatchError(
      'submit_refused',
      `${task.provider} refused the submit (${task.error?.code ?? 'unknown'}); no task was made there. The provider's words are in \`error.message\` of the task; after a change, submit under a new key.`,
      { taskId: task.id },
    );
  }
  return task;
}

/** The task was made, whatever else the answer says: what can't be kept of it, the first check tells. */
function saidBySubmit(fact: ProviderFact & { readonly externalId: string }): ReturnType<typeof saidBy> {
  try {
    return saidBy(fact);
  } catch {
    return saidBy({ externalId: fact.externalId, status: 'pending' });
  }
}
