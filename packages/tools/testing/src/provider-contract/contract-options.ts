import type { Authenticity, Provider, ProviderFact, SubmitAnswer } from '@tasklatch/core';

/** What the suite must know about a provider to hold it to the contract. */
export interface ProviderContractOptions<Input> {
  /**
   * Makes the provider, with the `secrets` below and its real address. The suite hands it a `fetch` that leads every request to a
   * loopback server, so nothing leaves the machine as long as the provider uses `io.fetch`, as it must.
   */
  readonly make: () => Provider<Input>;
  /** API keys and signing secrets the provider was made with, 8 characters or more each. Nothing may ever show them. */
  readonly secrets: readonly string[];
  /** For a provider with `submit`. */
  readonly submit?: SubmitSample<Input>;
  /** For a provider with `status`. */
  readonly status?: StatusSample;
  /** For a provider with `callbacks`: real bodies, and what each must be read as. At least one. */
  readonly deliveries?: readonly DeliverySample[];
}

export interface SubmitSample<Input> {
  readonly model: string | null;
  readonly input: Input;
  /** What the API answers to a good submit, and the id in it. */
  readonly accepted: CannedAnswer;
  readonly externalId: string;
  /** Further answers, and what each must be read as (compared like `toMatchObject`). */
  readonly answers?: readonly {
    readonly name: string;
    readonly answer: CannedAnswer;
    readonly expect: Expected<SubmitAnswer>;
  }[];
}

export interface StatusSample {
  readonly externalId: string;
  readonly model?: string;
  /** What the API answers for a task that is not done yet. */
  readonly pending: Canned;
  /** Further answers. `expect: { failure: code }` where the provider must throw `ProviderFailure` with this code. */
  readonly answers?: readonly {
    readonly name: string;
    /** The id that is asked for, where it is another one than `externalId`. */
    readonly externalId?: string;
    readonly model?: string | null;
    readonly answer: Canned;
    readonly expect: Expected<ProviderFact> | { readonly failure: string };
  }[];
}

export interface DeliverySample {
  readonly name: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly path?: string;
  /** Unix milliseconds; matters where a signature has a time window. Default: now. */
  readonly receivedAt?: number;
  readonly taskId?: string | null;
  /** Compared like `toMatchObject`. */
  readonly authenticity: Expected<Authenticity>;
  /** One entry for each fact, compared like `toMatchObject`. */
  readonly expect: readonly Expected<ProviderFact>[] | 'unparseable';
}

/** A part of a value: what is named must be there and equal. */
export type Expected<T> = T extends object ? { readonly [K in keyof T]?: Expected<T[K]> } : T;

export interface CannedAnswer {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text or bytes as they are; anything else is printed as JSON. */
  readonly body: unknown;
}

/** One answer for every request, or one that depends on it. */
export type Canned = CannedAnswer | ((request: SeenRequest) => CannedAnswer);

/** A request as the loopback server saw it. */
export interface SeenRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The address the provider meant, before it was led to the loopback server. */
  readonly intended: string;
}
