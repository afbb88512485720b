/** The closed set. `status` is the HTTP status that fits where an app passes the error on. */
const STATUS = {
  invalid_options: 500,
  invalid_request: 400,
  unknown_provider: 500,
  unknown_task: 404,
  key_conflict: 409,
  submit_refused: 422,
  submit_not_sent: 503,
  store_unavailable: 503,
  overloaded: 503,
  stopped: 503,
  lease_lost: 500,
  provider_failure: 502,
  unparseable: 422,
  body_too_large: 413,
  body_consumed: 500,
  body_aborted: 400,
  schema_mismatch: 500,
  not_supported: 500,
} as const;

export type ErrorCode = keyof typeof STATUS;

/**
 * The one error class. Switch on `code`, not on the class: two copies of a package make `instanceof` lie. Messages say what
 * happened and what to do next, and hold no secret, token, input or URL.
 */
export class TasklatchError extends Error {
  override readonly name = 'TasklatchError';
  readonly code: ErrorCode;
  readonly status: number;
  /** When it is worth to try again. */
  readonly retryAfterMs: number | undefined;
  /** The task it is about. */
  readonly taskId: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    more: { cause?: unknown; retryAfterMs?: number | undefined; taskId?: string | undefined } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.status = STATUS[code];
    this.retryAfterMs = more.retryAfterMs;
    this.taskId = more.taskId;
  }
}

export const isTasklatchError = (error: unknown, code?: ErrorCode): error is TasklatchError =>
  error instanceof Error &&
  error.name === 'TasklatchError' &&
  (code === undefined || (error as TasklatchError).code === code);

/** Thrown by `Provider.callbacks.parse` for a body it can't read: the delivery goes to the quarantine. */
export const unparseable = (reason: string): TasklatchError => new TasklatchError('unparseable', reason);

/**
 * Thrown by `Provider.status` when no answer is to be had now. `retryAfterMs` with `pause` stops checks of the whole provider
 * for that long (429).
 */
export class ProviderFailure extends Error {
  override readonly name = 'ProviderFailure';
  constructor(
    readonly code: string,
    readonly retryAfterMs?: number,
    readonly pause = false,
  ) {
    super(`The provider gave no usable answer (${code}).`);
  }
}
