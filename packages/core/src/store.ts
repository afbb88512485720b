import type { EffectKind, Fact } from './fact.js';
import type { Task, TaskStatus } from './task.js';

/**
 * Where tasks, ledger and due work live. Few acts, each atomic, each one round trip. Durations go in; the store's clock
 * decides. What each act does to one task is written once, as pure functions, in `transition.ts`; a store runs
 * them or their exact equivalent in SQL or Lua.
 *
 * A store that can't answer rejects with the error of its client: callers treat any rejection as "may or may not have
 * happened" and every act is safe to repeat.
 */
export interface TaskStore<Tx = undefined> {
  /** `memory`, `postgres`, `redis`, … for messages and metrics. */
  readonly name: string;
  /** How many facts go in one `record`, and how many `record`s may fly at once. Default 64 and 1. */
  readonly batching?: { readonly max: number; readonly lanes: number };

  /**
   * Creates the task if its id is new. `send` is true when the caller now holds the right to send: the task is new, or an
   * earlier send provably did not happen (`sendToken` null), or the same `sendToken` asks again after a lost answer.
   */
  open(draft: TaskDraft): Promise<Opened>;

  /** Writes facts to the ledger and joins them into their tasks, in order; all of them commit together. One answer each, same order. */
  record(facts: readonly Fact[]): Promise<readonly Recorded[]>;

  /**
   * Takes due work whose lease is free or over. Each claim of a piece raises its `fence` and counts a start. A repeated claim with the
   * same `claimId` gets the leases that claim already holds. Oldest due first within a provider; no provider starves another.
   */
  claim(work: 'effect', want: ClaimOptions): Promise<readonly EffectLease[]>;
  claim(work: 'check', want: ClaimOptions): Promise<readonly CheckLease[]>;

  /** Moves the end of a lease to `leaseMs` from now. False: lost (claimed by another since, or finished). */
  extend(lease: Lease, leaseMs: number): Promise<boolean>;

  /** Ends the piece of work, or one step of it. False: the lease was lost, and nothing changed. */
  finish(lease: Lease, end: WorkEnd): Promise<boolean>;

  /**
   * Runs `work` in a transaction and commits its writes together with `end`. Rejects with `lease_lost`, with nothing written, when
   * the lease is not held any more at commit.
   */
  transact?<T>(lease: EffectLease, end: WorkEnd, work: (tx: Tx) => Promise<T>): Promise<T>;

  get(ref: TaskRef): Promise<Task | undefined>;
  /** Newest first. */
  list(query: TaskQuery): Promise<Page<Task>>;
  /** What was said about one task and what ran because of it; or what lies in the quarantine. Oldest first. */
  ledger(ref: LedgerRef): Promise<Ledger>;
  /** Deletes at most `limit` tasks, quarantined entries and contents of settled tasks' ledgers that are past their time. Answers how many went. */
  purge(query: PurgeQuery): Promise<number>;

  /** Calls `wake` when other instances made work due or changed a task. Only a wake-up: losing it costs time, nothing else. */
  listen?(wake: (what: 'effect' | 'check' | 'task', taskId: string | null) => void): Promise<() => Promise<void>>;
  /** Frees what the store itself opened (never the client it was given). */
  close?(): Promise<void>;
}

export interface TaskDraft {
  readonly id: string;
  readonly provider: string;
  readonly key: string | null;
  readonly owner: string | null;
  readonly model: string | null;
  readonly fingerprint: string | null;
  readonly expectsCallback: boolean;
  /** Random for each attempt to send. */
  readonly sendToken: string;
  /** After this time without an answer the task is looked at: first check = now + this. */
  readonly sendWithinMs: number;
  readonly deadlineMs: number;
}

export interface Opened {
  readonly task: Task;
  readonly created: boolean;
  readonly send: boolean;
}

/**
 * - `settled`: this fact gave the task its verdict
 * - `confirmed` / `contradicted`: a later verdict, same or other; nothing changed
 * - `noted`: joined into the task without settling it
 * - `hint`: waits for a check to say the same
 * - `foreign`: names another `externalId` than the task has, or one that belongs to another task; nothing changed
 * - `quarantined`: kept until its task appears or a person looks
 * - `full`: it belonged in the quarantine, which is at its limit: not kept
 */
export type Outcome = 'settled' | 'confirmed' | 'contradicted' | 'noted' | 'hint' | 'foreign' | 'quarantined' | 'full';

export interface Recorded {
  readonly outcome: Outcome;
  /** The same fact (same task, same key) was in the ledger or the quarantine already; `outcome` is that entry's. */
  readonly duplicate: boolean;
  /** The task as it stands after the whole batch; null when none is known. */
  readonly task: Task | null;
  /** True when this fact changed the visible task. */
  readonly changed: boolean;
}

export interface ClaimOptions {
  /** Random for each claim; a retry after a lost answer repeats it. */
  readonly claimId: string;
  readonly leaseMs: number;
  /** At most so many pieces from each provider; providers not named are left alone. */
  readonly from: readonly ClaimFrom[];
}

export interface ClaimFrom {
  readonly provider: string;
  readonly limit: number;
  /** Effects only: exactly these kinds. Default: the three causes, which leaves what was split alone. */
  readonly kinds?: readonly EffectKind[];
}

export interface CheckLease {
  readonly work: 'check';
  readonly taskId: string;
  readonly fence: number;
  readonly task: Task;
  /** The store's clock says the deadline has passed. */
  readonly overdue: boolean;
  /** How many checks were started, this one included. */
  readonly starts: number;
}

export interface EffectLease {
  readonly work: 'effect';
  readonly taskId: string;
  readonly kind: EffectKind;
  /** By cause. `settled`: the verdict's number (1 or 2). `progress`: always 0. `fact`: the ledger entry's `seq`. With task id and kind it names the effect for ever. */
  readonly number: number;
  readonly fence: number;
  readonly task: Task;
  /** The entry, when the cause is `fact`. */
  readonly entry: LedgerEntry | null;
  /** Starts of this run, this one included. `starts - ends - 1` earlier ones never came to an end: their process died. */
  readonly starts: number;
  readonly ends: number;
}

export type Lease = CheckLease | EffectLease;

export type WorkEnd =
  /** Effects: done for good. Checks: not due before someone asks for it (used when the task has settled). */
  | { readonly kind: 'done' }
  /** Effects: done, and in the same moment the effects of these kinds, with the same number, become due: one for each handler. */
  | { readonly kind: 'split'; readonly into: readonly EffectKind[] }
  /** Due again in `inMs`; counts an end. A check for which someone asked sooner meanwhile stays due at that time. */
  | { readonly kind: 'again'; readonly inMs: number; readonly error?: string }
  /** Effects: parked until replayed; counts an end. `error` is a short code, never a message. */
  | { readonly kind: 'dead'; readonly error?: string };

export type TaskRef = { readonly id: string } | { readonly provider: string; readonly externalId: string };

export interface TaskQuery {
  readonly owner?: string;
  readonly provider?: string;
  readonly status?: TaskStatus;
  /** Only tasks that have an effect in this state. */
  readonly effect?: EffectState;
  /** At most 1000. Default 50. */
  readonly limit?: number;
  readonly cursor?: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Pass it as `cursor` to go on; null at the end. */
  readonly next: string | null;
}

export type EffectState = 'due' | 'running' | 'done' | 'dead';

export type LedgerRef =
  | { readonly taskId: string }
  | { readonly quarantine: { readonly provider?: string; readonly limit?: number } };

export interface Ledger {
  readonly entries: readonly LedgerEntry[];
  readonly effects: readonly EffectRecord[];
  /** Facts that were joined but not written because the ledger of the task was full. */
  readonly dropped: number;
}

export interface LedgerEntry {
  /** Unique in the store for quarantined entries (used to release or discard), in the task for others. */
  readonly id: string;
  /** Order within the task, from 1. 0 in the quarantine. */
  readonly seq: number;
  readonly at: number;
  readonly lastAt: number;
  /** How often it came. */
  readonly copies: number;
  readonly outcome: Outcome;
  readonly fact: Fact;
}

export interface EffectRecord {
  readonly kind: EffectKind;
  readonly number: number;
  readonly state: EffectState;
  /** Runs begun in all, over every attempt and replay. */
  readonly runs: number;
  readonly starts: number;
  readonly ends: number;
  readonly dueAt: number;
  readonly leaseUntil: number | null;
  readonly doneAt: number | null;
  readonly lastError: string | null;
}

export interface PurgeQuery {
  /** Tasks settled longer ago than this, whose effects are all done. */
  readonly settledForMs: number;
  /** Tasks settled longer ago than this, whatever their effects. */
  readonly abandonedForMs: number;
  /** Quarantined entries older than this. */
  readonly quarantinedForMs: number;
  /** The content (`FactContent`) of every ledger entry of a task that settled longer ago than this; the entries stay. Default: it lives as long as the task. */
  readonly contentForMs?: number;
  /** Quarantined entries to discard now, by id; nothing else is purged then. */
  readonly discard?: readonly string[];
  /** At most so many rows in this call. Default 500. */
  readonly limit?: number;
}

/** Limits every store keeps; each store takes them as options under these names. */
export interface StoreLimits {
  /** Ledger entries for each task. Later facts are joined but not written, only counted; a verdict (`settled`), operator facts and `notSent` always are. */
  readonly ledgerEntries: number;
  /** Quarantined entries for each provider. */
  readonly quarantineEntries: number;
  /** Bytes of quarantined bodies for each provider. */
  readonly quarantineBytes: number;
}

export const DEFAULT_STORE_LIMITS: StoreLimits = {
  ledgerEntries: 256,
  quarantineEntries: 1000,
  quarantineBytes: 16 * 1024 * 1024,
};
