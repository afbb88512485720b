import type { DeliveryRetention } from './callbacks/delivery-record.js';
import { TasklatchError } from './errors.js';
import type { Logger } from './logger.js';
import type { CheckPacing } from './provider.js';
import type { Sealer } from './seal.js';
import type { PurgeQuery } from './store.js';
import type { EffectOptions } from './work/run-effect.js';

/** Everything that has a default. */
export interface TasklatchSettings {
  /** Without it no callback URL is sent, and checks do all the work. */
  readonly callbacks?: {
    /** Where the callback routes are mounted, as the provider reaches it: `https://app.example.com/callbacks`. */
    readonly baseUrl: string;
    /** At least 32 characters, used for nothing else; or a list of them, newest first, to rotate. */
    readonly secret: string | readonly string[];
    /** Largest body taken. Default 2 MiB, what APIDot's own example receivers take. */
    readonly limitBytes?: number;
    /** How long a body may take to arrive; then 408. Default 15 s, which is how long fal and Kie wait for an answer. */
    readonly bodyTimeoutMs?: number;
    /** What of a delivery the ledger keeps. Default `redacted`. */
    readonly keep?: DeliveryRetention;
  };
  /** What becomes of an authentic delivery whose task nobody knows. Default `quarantine`; `open` makes it a task (webhooks without a submit). */
  readonly unknownTasks?: 'quarantine' | 'open';
  /** How long a task waits for its verdict. Default 24 h: results may be gone at the provider after that. */
  readonly deadlineMs?: number;
  readonly submit?: {
    /** Default 30 s. */
    readonly timeoutMs?: number;
    /** How often a submit that provably did not arrive is sent in one call. Default 3. */
    readonly attempts?: number;
  };
  /**
   * When providers are asked. What is said here stands over what a provider package suggests, and that over the defaults: first check 30 s
   * after a submit with a callback and 5 s after one without, then 1.5 times longer each, up to 60 s. 15 s for one call.
   */
  readonly checks?: Partial<CheckPacing> & { readonly timeoutMs?: number };
  readonly effects?: Partial<EffectOptions>;
  /**
   * How long things are kept. Defaults: 30 days once settled and its effects are done, 90 days whatever happened, 14 days in the quarantine; and the
   * content in a task's ledger (results, the provider's words, headers and bodies of deliveries) 30 days once settled, even where the task stays.
   */
  readonly retention?: Partial<Omit<PurgeQuery, 'discard'>>;
  /** How often an idle worker looks for due work. Default 1 s. */
  readonly pollMs?: number;
  /** How often old tasks are looked for. Default 1 min. */
  readonly purgeEveryMs?: number;
  /** How long an act of the store may take, so how late a callback is told 503. Default 5 s. */
  readonly storeTimeoutMs?: number;
  /** The most facts that may wait for the store in this process; more are told 503. Default 2048. */
  readonly maxWaiting?: number;
  /** Told only what a person must act on. pino fits. Default: silence. */
  readonly logger?: Logger;
  /** Seals result URLs, the provider's words and kept bodies before they reach the store. Default: none. */
  readonly seal?: Sealer;
}

const DAY_MS = 24 * 60 * 60_000;

export type Resolved = ReturnType<typeof resolveSettings>;

/** Fills in the defaults; throws `invalid_options` that names the option and what it must be. */
export function resolveSettings(given: TasklatchSettings) {
  const { timeoutMs: checkTimeoutMs, ...pacing } = given.checks ?? {};
  const number = (name: string, value: number | undefined, fallback: number, least = 1): number => {
    const chosen = value ?? fallback;
    if (typeof chosen !== 'number' || !Number.isFinite(chosen) || chosen < least) {
      throw new TasklatchError('invalid_options', `\`${name}\` must be a number of at least ${least}.`);
    }
    return chosen;
  };
  const { callbacks, effects = {}, retention = {} } = given;
  return {
    baseUrl: callbacks === undefined ? '' : baseUrlOf(callbacks.baseUrl),
    limitBytes: number('callbacks.limitBytes', callbacks?.limitBytes, 2 * 1024 * 1024),
    bodyTimeoutMs: number('callbacks.bodyTimeoutMs', callbacks?.bodyTimeoutMs, 15_000),
    keep: oneOf('callbacks.keep', callbacks?.keep ?? 'redacted', ['redacted', 'full', 'hash']),
    unknownTasks: oneOf('unknownTasks', given.unknownTasks ?? 'quarantine', ['quarantine', 'open']),
    deadlineMs: number('deadlineMs', given.deadlineMs, DAY_MS),
    submit: {
      timeoutMs: number('submit.timeoutMs', given.submit?.timeoutMs, 30_000),
      attempts: number('submit.attempts', given.submit?.attempts, 3),
    },
    checks: {
      timeoutMs: number('checks.timeoutMs', checkTimeoutMs, 15_000),
      /** What the app said itself; it stands over what a provider suggests. */
      asked: defined(pacing),
      pacing: {
        firstWithCallbackMs: number('checks.firstWithCallbackMs', pacing.firstWithCallbackMs, 30_000, 0),
        firstWithoutCallbackMs: number('checks.firstWithoutCallbackMs', pacing.firstWithoutCallbackMs, 5_000, 0),
        factor: number('checks.factor', pacing.factor, 1.5),
        capMs: number('checks.capMs', pacing.capMs, 60_000),
      },
    },
    effects: {
      concurrency: number('effects.concurrency', effects.concurrency, 16),
      leaseMs: number('effects.leaseMs', effects.leaseMs, 15_000, 30),
      timeoutMs: number('effects.timeoutMs', effects.timeoutMs, 5 * 60_000),
      maxAttempts: number('effects.maxAttempts', effects.maxAttempts, 12),
      maxCrashes: number('effects.maxCrashes', effects.maxCrashes, 4),
      backoffMs: number('effects.backoffMs', effects.backoffMs, 1_000, 0),
      backoffCapMs: number('effects.backoffCapMs', effects.backoffCapMs, 10 * 60_000, 0),
    },
    retention: {
      settledForMs: number('retention.settledForMs', retention.settledForMs, 30 * DAY_MS, 0),
      abandonedForMs: number('retention.abandonedForMs', retention.abandonedForMs, 90 * DAY_MS, 0),
      quarantinedForMs: number('retention.quarantinedForMs', retention.quarantinedForMs, 14 * DAY_MS, 0),
      contentForMs: number('retention.contentForMs', retention.contentForMs, 30 * DAY_MS, 0),
      limit: number('retention.limit', retention.limit, 500),
    },
    pollMs: number('pollMs', given.pollMs, 1_000),
    purgeEveryMs: number('purgeEveryMs', given.purgeEveryMs, 60_000),
    storeTimeoutMs: number('storeTimeoutMs', given.storeTimeoutMs, 5_000),
    maxWaiting: number('maxWaiting', given.maxWaiting, 2_048),
  };
}

const defined = <T extends object>(value: T): Partial<T> =>
  // Entries of `value` itself, so its own keys and types.
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Partial<T>;

function oneOf<const Word extends string>(name: string, value: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === value);
  if (found === undefined)
    throw new TasklatchError('invalid_options', `\`${name}\` must be one of ${words.join(', ')}.`);
  return found;
}

function baseUrlOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const fits =
    url !== undefined && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === '' && url.username === '';
  if (!fits) {
    throw new TasklatchError(
      'invalid_options',
      '`callbacks.baseUrl` must be the whole http(s) address under which the callback routes are mounted, without query or fragment, like https://app.example.com/callbacks.',
    );
  }
  return url.href.replace(/\/+$/, '');
}
