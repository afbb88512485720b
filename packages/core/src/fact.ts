import { createHash } from 'node:crypto';
import type { TaskError, TaskResult, TaskStatus } from './task.js';

export type FactSource = 'submit' | 'delivery' | 'check' | 'deadline' | 'operator';

/** A status a fact can claim. `submitting` is only ever a task's first status, never a claim. */
export type FactStatus = Exclude<TaskStatus, 'submitting'>;

/** What a provider package says about one task, normalised. The core makes a `Fact` of it. */
export interface ProviderFact {
  /** The provider's id of the task, where the message names it. */
  readonly externalId?: string | null;
  /** Null: the message says nothing about the status. */
  readonly status: Exclude<FactStatus, 'unclear' | 'expired'> | null;
  /** The status as it came. Set `unknownStatus` too when the provider's table does not list it. */
  readonly providerStatus?: string | null;
  /** True when the status is not in the provider's table: it counts as pending and is reported. */
  readonly unknownStatus?: boolean;
  /**
   * True for a delivery that tells of a change and not what came of it: it counts as a hint, however well it is signed, and a check
   * fetches the rest. Only for a provider with `status`.
   */
  readonly thin?: boolean;
  /** 0 to 100. */
  readonly progress?: number | null;
  readonly result?: TaskResult | null;
  readonly error?: TaskError | null;
}

/** What is kept of the HTTP request a delivery fact came from. Which parts are filled is the retention policy's choice. */
export interface DeliveryRecord {
  /** Hex SHA-256 of the body as it came. */
  readonly bodyHash: string;
  readonly bodyBytes: number;
  /** Header names in lower case; by allow-list. */
  readonly headers: Readonly<Record<string, string>>;
  /** Base64 of the body, sealed or plain, or null when it is not kept. */
  readonly body: string | null;
  /** `signed` or `token`, and which key matched. */
  readonly authenticity: 'signed' | 'token';
  readonly keyId: string | null;
}

/** What one message said about one task, on its way into a store. Made by the core, never by a provider. */
export interface Fact {
  readonly provider: string;
  /** Our id where the message proves it (token, submit, lease, operator); else the task is found by `externalId`. */
  readonly taskId: string | null;
  readonly externalId: string | null;
  readonly source: FactSource;
  /** A `hint` changes no status: it asks for a check, and the check decides. */
  readonly trust: 'authentic' | 'hint';
  readonly status: FactStatus | null;
  readonly providerStatus: string | null;
  readonly progress: number | null;
  readonly result: TaskResult | null;
  readonly error: TaskError | null;
  /** Identity: two facts of one task with the same key are copies of each other. See `factKey`. */
  readonly key: string;
  readonly delivery: DeliveryRecord | null;
  /** When the provider should be asked next if the task is not terminal then. Null: leave it as it is. */
  readonly checkInMs: number | null;
  /** The `sendToken` of a submit that provably made no task: the next submit with this key may send. Null otherwise. */
  readonly notSent: string | null;
  /** An authentic delivery that could not be parsed: goes to the quarantine, whatever task it names. */
  readonly unparseable: boolean;
  /** Makes a `fact` effect due if the fact is new. */
  readonly announce: boolean;
  /** Makes the effects of exactly this kind due again, as a new attempt, where they are done or dead. */
  readonly replay: EffectKind | null;
  /** The task to open when none is known (`unknownTasks: "open"`). */
  readonly open: OpenOnFact | null;
  /** The quarantined entry this fact was parsed from again: it leaves the quarantine when this fact is recorded. */
  readonly releases: string | null;
}

/** `settled` once for each verdict, `progress` for growth before that (the newest state wins), `fact` for each new fact. */
export type EffectCause = 'settled' | 'progress' | 'fact';

/** What stores know an effect by: its cause, or cause and handler (`settled:capture`) once it was split among several handlers. */
export type EffectKind = EffectCause | `${EffectCause}:${string}`;

export const EFFECT_CAUSES: readonly EffectCause[] = ['settled', 'progress', 'fact'];

/** The cause in a kind. */
export const causeOf = (kind: EffectKind): EffectCause =>
  // What is before the colon of a kind is a cause, by its type.
  kind.split(':', 1)[0] as EffectCause;

export interface OpenOnFact {
  readonly id: string;
  readonly deadlineMs: number;
}

/** The identity of a fact: what was said, and through which door; never when, nor how often. */
export function factKey(
  fact: Pick<
    Fact,
    'source' | 'trust' | 'externalId' | 'status' | 'providerStatus' | 'progress' | 'result' | 'error' | 'notSent'
  > & { readonly nonce?: string },
): string {
  const said = [
    fact.source,
    fact.trust,
    fact.externalId,
    fact.status,
    fact.providerStatus,
    fact.progress,
    fact.result,
    fact.error,
    fact.notSent,
    fact.nonce ?? null,
  ];
  return createHash('sha256').update(JSON.stringify(said)).digest('hex').slice(0, 32);
}
