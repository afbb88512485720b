import type { Amount, Chance } from './draw.js';

/**
 * A fault that can come more than once for one task. `first: 2` hits the first two requests of each task (submits: of each
 * marker); `storm` hits `length` requests in a row out of every `every`, counted over all tasks.
 */
export type Sometimes =
  | Chance
  | {
      readonly chance?: Chance;
      readonly first?: number;
      readonly storm?: { readonly every: number; readonly length: number };
    };

/** What goes wrong. Nothing by default. Plain JSON, so that another process can send it. */
export interface Faults {
  readonly task?: TaskFaults;
  readonly submit?: SubmitFaults;
  readonly status?: StatusFaults;
  readonly callback?: CallbackFaults;
  /** Errors come as `{detail}` instead of `{code, error}`. */
  readonly detailErrors?: Chance;
}

/** How the work itself goes. */
export interface TaskFaults {
  readonly fails?: Chance;
  /** The text of a failed task; default: one of the texts known from the provider. */
  readonly errorMessage?: string;
  /** Finished, but without any file. */
  readonly noFiles?: Chance;
  /** Never ends by itself. */
  readonly stuck?: Chance;
  /** Instead of the emulator's pace. */
  readonly pendingMs?: Amount;
  readonly runningMs?: Amount;
  /** Instead of the number of files that the model and `input.n` give. */
  readonly files?: number;
}

/**
 * What happens to a POST. `…Before` means that no task is made, `…After` that one is made and its answer is lost. The first that
 * hits, in the order below, decides.
 */
export interface SubmitFaults {
  /** 429 before any work. */
  readonly rateLimit?: Sometimes;
  /** `Retry-After` of a 429, in seconds; none by default, as the provider documents none. */
  readonly retryAfterS?: number;
  readonly paymentRequired?: Sometimes;
  /** An error code in the body of an HTTP 200; no task is made. */
  readonly businessError?: Sometimes;
  /** 408 in plain text. */
  readonly timeoutBefore?: Sometimes;
  readonly errorBefore?: Sometimes;
  readonly resetBefore?: Sometimes;
  /** Takes the request and never answers. */
  readonly hangBefore?: Sometimes;
  readonly timeoutAfter?: Sometimes;
  readonly errorAfter?: Sometimes;
  readonly resetAfter?: Sometimes;
  readonly hangAfter?: Sometimes;
  /** The task is made, the answer is not JSON. */
  readonly garbledAfter?: Sometimes;
  /** The task is made, the answer has no task id. */
  readonly idMissingAfter?: Sometimes;
  /** Status of the 5xx; default 500. */
  readonly errorStatus?: number;
  /** Answers after `slowMs` (default 2000); the task is already made and runs on meanwhile. */
  readonly slow?: Sometimes;
  readonly slowMs?: Amount;
  /** First status in the answer: a word, `missing`, or `mixed` (drawn). Default `not_started`. */
  readonly firstStatus?: string;
  /** Success as `code: 0` instead of 200. */
  readonly codeZero?: Chance;
  /** Share of ids in the 16-character form; default 0.25. */
  readonly shortId?: Chance;
}

/** What happens to a status or music detail check. The first that hits, in the order below, decides. */
export interface StatusFaults {
  readonly rateLimit?: Sometimes;
  readonly retryAfterS?: number;
  readonly timeout?: Sometimes;
  readonly error?: Sometimes;
  readonly errorStatus?: number;
  readonly reset?: Sometimes;
  readonly hang?: Sometimes;
  readonly notFound?: Sometimes;
  readonly businessError?: Sometimes;
  readonly garbled?: Sometimes;
  readonly slow?: Sometimes;
  readonly slowMs?: Amount;
  /** Still `running` for so long after the task ended (its callback is not held back). */
  readonly lagMs?: Amount;
  /** Still `running` in the first checks after the task ended. */
  readonly lagChecks?: Amount;
  /** A pending status comes as a word that is not documented. */
  readonly unknownStatus?: Sometimes;
  readonly unknownWords?: readonly string[];
  /** A running task shows as `not_started` again. */
  readonly regress?: Sometimes;
  /** Right at first, the opposite verdict in every later terminal answer. */
  readonly flips?: Chance;
  readonly missingProgress?: Sometimes;
  /** Files at `data.output.files` instead of `data.files`. */
  readonly outputFiles?: Chance;
}

/** What happens to the callback of a task. */
export interface CallbackFaults {
  readonly lost?: Chance;
  /** Waits so long after the end of the task. */
  readonly delayMs?: Amount;
  /** The task ends at once and its callback is delivered before the submit is answered. */
  readonly early?: Chance;
  /** Sends `copies` (default 2) in all: at the same moment if `concurrent` hits (default true), else one after the other. */
  readonly duplicate?: Chance;
  readonly copies?: number;
  readonly concurrent?: Chance;
  /** `not_started`, `running` and the end, in a wrong order, the end never last. */
  readonly reordered?: Chance;
  /** A `running` after the end. */
  readonly stale?: Chance;
  /** The end, then the opposite end. */
  readonly contradicting?: Chance;
  /** The callback says the opposite of what the status check says. */
  readonly lying?: Chance;
  /** Before the real one, one forgery of each kind in `forgedKinds` (default: all). */
  readonly forged?: Chance;
  readonly forgedKinds?: readonly ForgedKind[];
  /** The callback of the end can't be read, in one of `malformedKinds` (default: any). */
  readonly malformed?: Chance;
  readonly malformedKinds?: readonly MalformedKind[];
  /** `{code, data}` instead of the flat task. */
  readonly wrapped?: Chance;
  /** Files at `output.files`. */
  readonly outputFiles?: Chance;
  /** Music-shaped items instead of files, for music models. */
  readonly musicItems?: Chance;
  /** Again after a failed delivery: `quick` is 1, 2, 4 s, `slow` 60 to 600 s, or waits in ms. Default `none`. */
  readonly retries?: 'none' | 'quick' | 'slow' | readonly number[];
  /** Whether a 4xx is retried too; default false. */
  readonly retry4xx?: boolean;
  /** Multiplies the waits between retries; default 1. */
  readonly timeScale?: number;
  /** An answer that takes longer counts as failed; default 10 000. */
  readonly timeoutMs?: number;
}

/** `token`: the URL with one character of its token changed. `task`: the right URL, another task's id. `content`: the right URL and id, a false verdict. */
export type ForgedKind = 'token' | 'task' | 'content';
export const forgedKinds: readonly [ForgedKind, ...ForgedKind[]] = ['token', 'task', 'content'];

export type MalformedKind = 'truncated' | 'text' | 'no-task-id' | 'array' | 'empty';
export const malformedKinds: readonly [MalformedKind, ...MalformedKind[]] = [
  'truncated',
  'text',
  'no-task-id',
  'array',
  'empty',
];

/** What `over` says, and `base` where it says nothing, fault by fault. */
export function mergeFaults(base: Faults, over: Faults): Faults {
  const detailErrors = over.detailErrors ?? base.detailErrors;
  return {
    task: { ...base.task, ...over.task },
    submit: { ...base.submit, ...over.submit },
    status: { ...base.status, ...over.status },
    callback: { ...base.callback, ...over.callback },
    ...(detailErrors === undefined ? {} : { detailErrors }),
  };
}
