import type { ProviderFact } from './fact.js';
import type { HttpAnswer } from './http.js';
import type { Task, TaskError } from './task.js';

/**
 * The code that speaks one provider's wire format. Pure: bytes and HTTP in, facts out; it never sees a store. It is made by a
 * factory that keeps the API key in a closure, out of errors, `JSON.stringify` and `util.inspect`.
 */
export interface Provider<Input = unknown> {
  /** Path segment of the callback URL, metric label and store column: `[a-z0-9-]{1,40}`. */
  readonly name: string;
  /** Exactly one POST; never a client that retries. Resolves for every outcome; what it throws counts as `unclear`. */
  submit?(request: SubmitRequest<Input>, io: ProviderIo): Promise<SubmitAnswer>;
  /** Asks for the status. Throws `ProviderFailure` when there is no answer to be had now: that changes nothing but the next check. */
  status?(externalId: string, task: Task, io: ProviderIo): Promise<ProviderFact>;
  readonly callbacks?: ProviderCallbacks;
  readonly limits?: ProviderLimits;
}

export interface SubmitRequest<Input = unknown> {
  readonly taskId: string;
  readonly model: string | null;
  readonly input: Input;
  /** Undefined when the app takes no callbacks. */
  readonly callbackUrl: string | undefined;
}

export type SubmitAnswer =
  /** The task was made; `fact.externalId` is set. */
  | { readonly kind: 'accepted'; readonly fact: ProviderFact & { readonly externalId: string } }
  /** The provider says that no task was made and never will be for this request. */
  | { readonly kind: 'refused'; readonly error: TaskError }
  /** Provably no task was made, and the same request may succeed later: no connection, or turned away before work (429). */
  | { readonly kind: 'notSent'; readonly error: TaskError; readonly retryAfterMs?: number }
  /** It can't be known whether a task was made. */
  | { readonly kind: 'unclear'; readonly error: TaskError };

export interface ProviderIo {
  readonly fetch: typeof globalThis.fetch;
  /** Aborts at the time limit of this call. */
  readonly signal: AbortSignal;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** The request of a delivery, as it came. */
export interface RawDelivery {
  readonly method: string;
  /** What follows the provider's name and token in the path, with the query. */
  readonly path: string;
  header(name: string): string | undefined;
  readonly body: Uint8Array;
  /** False when the bytes were rebuilt from a parsed body. */
  readonly exact: boolean;
  /** Unix milliseconds, for timestamp windows. */
  readonly receivedAt: number;
  /** Our task id, when the URL carried a valid token. */
  readonly taskId: string | null;
}

export type Authenticity =
  | {
      readonly kind: 'signed';
      /**
       * `body`: the body is proven. `id`: only the task id and time are. `sender`: only who sent it (a shared header value). The last
       * two leave the body a hint.
       */
      readonly covers: 'body' | 'id' | 'sender';
      readonly keyId: string | null;
      /** With `covers: "id"`: the external id that the signature proves. */
      readonly externalId?: string;
    }
  /** No signature to check: the callback token in the URL must do (the core has checked it). */
  | { readonly kind: 'token' }
  | { readonly kind: 'forged'; readonly reason: string }
  /** It can't be decided now (key server down): answered 503, so that the sender comes again. */
  | { readonly kind: 'undecided'; readonly reason: string };

export interface ProviderCallbacks {
  /** `true`: each submit passes a callback URL with our token. `false`: the sender has one fixed URL, set up at the provider. */
  readonly perTask: boolean;
  /** Whether `authenticate` needs the bytes exactly as they came. */
  readonly needsExactBody: boolean;
  /** Default `["POST"]`. */
  readonly methods?: readonly string[];
  authenticate(delivery: RawDelivery): Promise<Authenticity> | Authenticity;
  /**
   * Throws `Unparseable`. An empty list means: understood, nothing to do with a task. A delivery that comes back from the quarantine has
   * its body and what `readsHeaders` names, not its method and path.
   */
  parse(delivery: RawDelivery): readonly ProviderFact[];
  /** Headers, in lower case, that `parse` reads: kept with the delivery, for the replay. None that holds a signature or a secret. */
  readonly readsHeaders?: readonly string[];
  /** Answers a set-up request of the provider (challenge); undefined for anything else. Runs before authentication. */
  handshake?(delivery: RawDelivery): HttpAnswer | undefined;
  /**
   * `"always"`: an unsigned (or id-only signed) delivery is a hint, and a status check decides. `"never"`: the token alone is trusted.
   * Default `"always"`. Must be `"never"` when the provider has no `status`, or its hints could never be confirmed.
   */
  readonly confirm?: 'always' | 'never';
  /** Status codes the sender expects. Defaults: 200, 401. */
  readonly answers?: { readonly accepted?: number; readonly refused?: number };
}

export interface ProviderLimits {
  /** How long result URLs live, and whether the provider says so (else it is the cautious guess). */
  readonly resultLifetimeMs?: number;
  /** How long the provider goes on retrying a callback. */
  readonly retryWindowMs?: number;
  /** Checks of this provider in flight at once in one process. Default 8. */
  readonly concurrentChecks?: number;
  /** Least time between the starts of two checks in one process. Default 0. */
  readonly checkSpacingMs?: number;
  /** First check when a callback is expected, and when not; then backoff up to the cap. May look at the task (its model). */
  readonly checks?: (task: Task) => Partial<CheckPacing>;
}

export interface CheckPacing {
  readonly firstWithCallbackMs: number;
  readonly firstWithoutCallbackMs: number;
  readonly factor: number;
  readonly capMs: number;
}
