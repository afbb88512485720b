import type { Fact } from './fact.js';
import type { Outcome, TaskDraft } from './store.js';
import {
  isTerminal,
  statusRank,
  type Task,
  type TaskError,
  type TaskResult,
  type TaskStatus,
  type TerminalStatus,
} from './task.js';

/**
 * What is claimed about a task. Claims form a join-semilattice: `join` is commutative, associative and idempotent, so the order and
 * repetition of facts can't matter. `order` is the place in the ledger: of two verdicts the one that was written first holds.
 */
export interface Claim {
  /** How far the task has come, verdicts aside. */
  readonly status: Exclude<TaskStatus, TerminalStatus>;
  readonly progress: number | null;
  readonly verdict: Verdict | null;
  readonly externalId: { readonly order: number; readonly hinted: boolean; readonly value: string } | null;
}

export interface Verdict {
  readonly order: number;
  readonly status: TerminalStatus;
  readonly result: TaskResult | null;
  readonly error: TaskError | null;
}

export function join(a: Claim, b: Claim): Claim {
  return {
    status: statusRank(a.status) >= statusRank(b.status) ? a.status : b.status,
    progress: a.progress === null ? b.progress : b.progress === null ? a.progress : Math.max(a.progress, b.progress),
    // A provider's verdict before our own `expired`; then the one written first.
    verdict: first(a.verdict, b.verdict, (verdict) => verdict.status === 'expired'),
    // An authentic id before a hinted one; then the one written first.
    externalId: first(a.externalId, b.externalId, (id) => id.hinted),
  };
}

function first<T extends { readonly order: number }>(a: T | null, b: T | null, weak: (item: T) => boolean): T | null {
  if (a === null || b === null) return a ?? b;
  if (weak(a) !== weak(b)) return weak(a) ? b : a;
  return a.order <= b.order ? a : b;
}

/** What a fact claims when it is written at place `order`. */
export function claimOf(fact: Fact, order: number): Claim {
  const hinted = fact.trust === 'hint';
  const externalId = fact.externalId === null ? null : { order, hinted, value: fact.externalId };
  // A hint claims nothing but the id it names.
  if (hinted || fact.status === null) return { status: 'submitting', progress: null, verdict: null, externalId };
  if (!isTerminal(fact.status)) return { status: fact.status, progress: fact.progress, verdict: null, externalId };
  const verdict = { order, status: fact.status, result: fact.result, error: fact.error };
  return { status: 'submitting', progress: null, verdict, externalId };
}

/** What is held about a task, as a claim older than any new fact. */
export function claimHeld(task: Task): Claim {
  const externalId =
    task.externalId === null ? null : { order: 0, hinted: task.externalIdHinted, value: task.externalId };
  if (!isTerminal(task.status)) return { status: task.status, progress: task.progress, verdict: null, externalId };
  const verdict = { order: 0, status: task.status, result: task.result, error: task.error };
  return { status: 'submitting', progress: null, verdict, externalId };
}

export interface Transition {
  readonly task: Task;
  readonly outcome: Extract<Outcome, 'settled' | 'confirmed' | 'contradicted' | 'noted' | 'hint' | 'foreign'>;
  readonly changed: boolean;
  /** `settled`: make the effect `(settled, task.verdicts)` due and end `progress`. `progress`: make `progress` due. */
  readonly due: 'settled' | 'progress' | null;
}

/**
 * Joins one new fact into its task: the whole state machine. `foreign` tells that `fact.externalId` already belongs to another task of
 * the provider. The caller has made sure that the fact is new (no ledger entry of this task has its key).
 */
export function transition(task: Task, fact: Fact, now: number, foreign: boolean): Transition {
  const otherId = task.externalId !== null && fact.externalId !== null && fact.externalId !== task.externalId;
  // A hinted id gives way to an authentic one; any other difference means that the fact is about something else.
  if (foreign || (otherId && !(task.externalIdHinted && fact.trust === 'authentic'))) {
    return { task, outcome: 'foreign', changed: false, due: null };
  }
  const held = claimHeld(task);
  const next = join(held, claimOf(fact, 1));
  const settles = next.verdict !== held.verdict;
  const terminal = next.verdict !== null;
  const status = next.verdict?.status ?? next.status;
  const progress = terminal ? (status === 'succeeded' ? 100 : null) : next.progress;
  const hinted = !terminal && (task.hinted || fact.trust === 'hint');
  const externalId = next.externalId?.value ?? null;
  const grew = status !== task.status || progress !== task.progress;
  const changed = grew || settles || externalId !== task.externalId || hinted !== task.hinted;
  const released = fact.notSent !== null && fact.notSent === task.sendToken && status === 'submitting';
  return {
    task: {
      ...task,
      status,
      progress,
      externalId,
      externalIdHinted: next.externalId?.hinted ?? false,
      hinted,
      result: next.verdict?.result ?? null,
      error: next.verdict?.error ?? null,
      sendToken: released ? null : task.sendToken,
      verdicts: task.verdicts + (settles ? 1 : 0),
      version: task.version + (changed ? 1 : 0),
      updatedAt: changed ? now : task.updatedAt,
      settledAt: settles ? now : task.settledAt,
      nextCheckAt: terminal ? null : released ? task.deadlineAt : nextCheck(task, fact, now),
    },
    outcome: outcomeOf(fact, held.verdict, settles),
    changed,
    // What the submit answer says, the app hears from `submit` itself.
    due: settles ? 'settled' : grew && !terminal && fact.source !== 'submit' ? 'progress' : null,
  };
}

function nextCheck(task: Task, fact: Fact, now: number): number {
  const held = task.nextCheckAt ?? task.deadlineAt;
  if (fact.checkInMs === null) return held;
  const asked = Math.min(now + fact.checkInMs, Math.max(task.deadlineAt, now));
  // Once there was a hint, nothing may put the confirming check off.
  return fact.trust === 'hint' || task.hinted ? Math.min(held, asked) : asked;
}

function outcomeOf(fact: Fact, held: Verdict | null, settles: boolean): Transition['outcome'] {
  if (fact.trust === 'hint') return 'hint';
  if (settles) return 'settled';
  if (held === null || fact.status === null || !isTerminal(fact.status) || fact.status === 'expired') return 'noted';
  return held.status === fact.status ? 'confirmed' : 'contradicted';
}

/** The task as `open` creates it. */
export function openTask(draft: TaskDraft, now: number): Task {
  return {
    id: draft.id,
    provider: draft.provider,
    key: draft.key,
    owner: draft.owner,
    model: draft.model,
    fingerprint: draft.fingerprint,
    expectsCallback: draft.expectsCallback,
    status: 'submitting',
    externalId: null,
    externalIdHinted: false,
    hinted: false,
    progress: null,
    result: null,
    error: null,
    sends: 1,
    sendToken: draft.sendToken,
    verdicts: 0,
    version: 1,
    createdAt: now,
    updatedAt: now,
    settledAt: null,
    deadlineAt: now + draft.deadlineMs,
    nextCheckAt: now + Math.min(draft.sendWithinMs, draft.deadlineMs),
  };
}

/** What `open` does to a task that exists: grants the send again when no earlier one happened, else nothing. */
export function openAgain(task: Task, draft: TaskDraft, now: number): { readonly task: Task; readonly send: boolean } {
  if (task.fingerprint !== draft.fingerprint) return { task, send: false };
  if (task.sendToken === draft.sendToken) return { task, send: true };
  if (task.status !== 'submitting' || task.sendToken !== null) return { task, send: false };
  const nextCheckAt = Math.min(now + draft.sendWithinMs, task.deadlineAt);
  return { task: { ...task, sends: task.sends + 1, sendToken: draft.sendToken, nextCheckAt }, send: true };
}

/** The task that an unknown fact opens (`unknownTasks: "open"`), before the fact is joined into it. */
export function openUnknown(fact: Fact, now: number): Task | null {
  if (fact.open === null || fact.unparseable) return null;
  const deadlineAt = now + fact.open.deadlineMs;
  return {
    id: fact.open.id,
    provider: fact.provider,
    key: null,
    owner: null,
    model: null,
    fingerprint: null,
    expectsCallback: true,
    status: 'pending',
    externalId: null,
    externalIdHinted: false,
    hinted: false,
    progress: null,
    result: null,
    error: null,
    sends: 0,
    sendToken: null,
    verdicts: 0,
    version: 1,
    createdAt: now,
    updatedAt: now,
    settledAt: null,
    deadlineAt,
    nextCheckAt: deadlineAt,
  };
}
