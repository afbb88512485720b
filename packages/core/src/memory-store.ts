import { type Clock, systemClock } from './clock.js';
import { type DueQueue, dueQueue } from './due-queue.js';
import { TasklatchError } from './errors.js';
import type { EffectKind, Fact } from './fact.js';
import { type MemoryQuarantine, memoryQuarantine } from './memory-quarantine.js';
import {
  type CheckLease,
  type ClaimOptions,
  DEFAULT_STORE_LIMITS,
  type EffectLease,
  type EffectRecord,
  type LedgerEntry,
  type Outcome,
  type Page,
  type PurgeQuery,
  type Recorded,
  type StoreLimits,
  type TaskDraft,
  type TaskQuery,
  type TaskStore,
} from './store.js';
import { isTerminal, type Task } from './task.js';
import { openAgain, openTask, openUnknown, transition } from './transition.js';

export interface MemoryStoreOptions extends Partial<StoreLimits> {
  /** Default: the machine's clock. */
  readonly clock?: Clock;
}

interface Row {
  task: Task;
  readonly entries: LedgerEntry[];
  readonly byKey: Map<string, number>;
  dropped: number;
  readonly effects: Map<string, EffectRow>;
  check: { fence: number; until: number | null; claimId: string | null; starts: number };
}

interface EffectRow {
  readonly kind: EffectKind;
  readonly number: number;
  state: EffectRecord['state'];
  dueAt: number;
  fence: number;
  until: number | null;
  claimId: string | null;
  runs: number;
  starts: number;
  ends: number;
  steps: readonly string[];
  doneAt: number | null;
  lastError: string | null;
  /** Became due again while it was running. */
  again: boolean;
}

type Wake = (what: 'effect' | 'check' | 'task', taskId: string | null) => void;

/**
 * The store for tests and for one process that may forget everything when it ends. Keeps the whole store contract; what it can't
 * keep is promise 2: a 2xx is as durable as the process.
 */
export function memoryStore(options: MemoryStoreOptions = {}): TaskStore {
  const clock = options.clock ?? systemClock;
  const limits: StoreLimits = { ...DEFAULT_STORE_LIMITS, ...options };
  const rows = new Map<string, Row>();
  const byExternalId = new Map<string, string>();
  const quarantine: MemoryQuarantine = memoryQuarantine(limits);
  const due = { check: new Map<string, DueQueue>(), effect: new Map<string, DueQueue>() };
  const claims = new Map<
    string,
    { until: number; pieces: readonly (readonly [taskId: string, effect: string | null])[] }
  >();
  const listeners = new Set<Wake>();

  const externalKey = (provider: string, externalId: string): string => `${provider}\n${externalId}`;
  const effectId = (kind: EffectKind, number: number): string => `${kind}:${number}`;
  const queueOf = (work: 'check' | 'effect', name: string): DueQueue => {
    const held = due[work].get(name);
    if (held !== undefined) return held;
    const made = dueQueue();
    due[work].set(name, made);
    return made;
  };
  const wake: Wake = (what, taskId) => {
    for (const listener of listeners) listener(what, taskId);
  };

  /** When a check may be claimed: due, and no lease in the way. Null: never, as things are. */
  const checkDue = (row: Row): number | null =>
    row.task.nextCheckAt === null ? null : Math.max(row.task.nextCheckAt, row.check.until ?? 0);
  const effectDue = (effect: EffectRow): number | null =>
    effect.state === 'due' ? effect.dueAt : effect.state === 'running' ? effect.until : null;
  const queueCheck = (row: Row): void => {
    const at = checkDue(row);
    if (at !== null) queueOf('check', row.task.provider).push(at, row.task.id);
  };
  const queueEffect = (row: Row, effect: EffectRow): void => {
    const at = effectDue(effect);
    const queue = queueOf('effect', `${row.task.provider}\n${effect.kind}`);
    if (at !== null) queue.push(at, `${row.task.id}\n${effectId(effect.kind, effect.number)}`);
  };

  function makeDue(row: Row, kind: EffectKind, number: number, now: number): void {
    const held = row.effects.get(effectId(kind, number));
    if (held?.state === 'running') {
      held.again = true;
      return;
    }
    if (held?.state === 'due') return;
    const effect: EffectRow = held ?? {
      ...{ kind, number, state: 'due', dueAt: now, fence: 0, until: null, claimId: null, runs: 0, starts: 0, ends: 0 },
      ...{ steps: [], doneAt: null, lastError: null, again: false },
    };
    Object.assign(effect, { state: 'due', dueAt: now, starts: 0, ends: 0, steps: [], doneAt: null, lastError: null });
    row.effects.set(effectId(kind, number), effect);
    queueEffect(row, effect);
    wake('effect', row.task.id);
  }

  function endProgress(row: Row, now: number): void {
    const progress = row.effects.get(effectId('progress', 0));
    if (progress === undefined) return;
    progress.again = false;
    if (progress.state !== 'running') Object.assign(progress, { state: 'done', doneAt: now });
  }

  function keep(row: Row, task: Task): void {
    const before = row.task;
    if (before.externalId !== null && before.externalId !== task.externalId) {
      byExternalId.delete(externalKey(before.provider, before.externalId));
    }
    if (task.externalId !== null) byExternalId.set(externalKey(task.provider, task.externalId), task.id);
    row.task = task;
    if (before.nextCheckAt !== task.nextCheckAt) queueCheck(row);
    if (before.version !== task.version) wake('task', task.id);
  }

  function insert(task: Task): Row {
    const row: Row = {
      task,
      entries: [],
      byKey: new Map(),
      dropped: 0,
      effects: new Map(),
      check: { fence: 0, until: null, claimId: null, starts: 0 },
    };
    rows.set(task.id, row);
    queueCheck(row);
    return row;
  }

  type Said = Pick<Recorded, 'outcome' | 'duplicate' | 'changed'>;

  /** Joins a fact into its task; `seen` carries the times and copies of an adopted one. */
  function apply(row: Row, fact: Fact, now: number, seen?: Pick<LedgerEntry, 'at' | 'lastAt' | 'copies'>): Said {
    const known = row.byKey.get(fact.key);
    const entry = known === undefined ? undefined : row.entries[known];
    if (known !== undefined && entry !== undefined) {
      row.entries[known] = { ...entry, copies: entry.copies + (seen?.copies ?? 1), lastAt: seen?.lastAt ?? now };
      return { outcome: entry.outcome, duplicate: true, changed: false };
    }
    const owner = fact.externalId === null ? undefined : byExternalId.get(externalKey(fact.provider, fact.externalId));
    const hadId = row.task.externalId;
    const step = transition(row.task, fact, now, owner !== undefined && owner !== row.task.id);
    keep(row, step.task);
    if (fact.trust === 'hint' && step.outcome === 'hint') wake('check', row.task.id);
    const written = write(row, fact, step.outcome, seen ?? { at: now, lastAt: now, copies: 1 });
    if (step.due === 'settled') {
      makeDue(row, 'settled', step.task.verdicts, now);
      endProgress(row, now);
    }
    if (step.due === 'progress') makeDue(row, 'progress', 0, now);
    if (fact.announce && written !== null && step.outcome !== 'foreign') makeDue(row, 'fact', written.seq, now);
    if (fact.replay !== null) {
      for (const effect of row.effects.values()) {
        if (effect.kind === fact.replay && (effect.state === 'dead' || effect.state === 'done')) {
          makeDue(row, effect.kind, effect.number, now);
        }
      }
    }
    if (step.task.externalId !== null && step.task.externalId !== hadId) adopt(row, now);
    return { outcome: step.outcome, duplicate: false, changed: step.changed };
  }

  function write(
    row: Row,
    fact: Fact,
    outcome: Outcome,
    seen: Pick<LedgerEntry, 'at' | 'lastAt' | 'copies'>,
  ): LedgerEntry | null {
    const always = outcome === 'settled' || fact.source === 'operator' || fact.notSent !== null;
    if (row.entries.length >= limits.ledgerEntries && !always) {
      row.dropped += 1;
      return null;
    }
    const seq = row.entries.length + 1;
    const { at, lastAt, copies } = seen;
    const entry: LedgerEntry = { id: `${row.task.id}:${seq}`, seq, at, lastAt, copies, outcome, fact };
    row.byKey.set(fact.key, row.entries.length);
    row.entries.push(entry);
    return entry;
  }

  function adopt(row: Row, now: number): void {
    for (const entry of quarantine.takeFor(row.task)) apply(row, entry.fact, now, entry);
  }

  function rowOf(fact: Fact): Row | undefined {
    if (fact.taskId !== null) {
      const row = rows.get(fact.taskId);
      return row?.task.provider === fact.provider ? row : undefined;
    }
    const id = fact.externalId === null ? undefined : byExternalId.get(externalKey(fact.provider, fact.externalId));
    return id === undefined ? undefined : rows.get(id);
  }

  function recordOne(fact: Fact, now: number): Said & { readonly row: Row | undefined } {
    if (fact.releases !== null) quarantine.discard([fact.releases]);
    let row = rowOf(fact);
    if (row === undefined && fact.taskId === null && fact.externalId !== null) {
      const opened = openUnknown(fact, now);
      const held = opened === null ? undefined : rows.get(opened.id);
      if (held?.task.provider === fact.provider) row = held;
      else if (opened !== null && held === undefined) row = insert(opened);
    }
    if (row !== undefined && !fact.unparseable) return { row, ...apply(row, fact, now) };
    if (fact.source !== 'delivery') return { row, outcome: 'foreign', duplicate: false, changed: false };
    return { row, changed: false, ...quarantine.add(fact, now) };
  }

  function claimed(id: string, now: number): (readonly [Row, EffectRow | null])[] {
    const held: (readonly [Row, EffectRow | null])[] = [];
    for (const [taskId, effectKey] of claims.get(id)?.pieces ?? []) {
      const row = rows.get(taskId);
      const piece = effectKey === null ? row?.check : row?.effects.get(effectKey);
      if (row === undefined || piece?.claimId !== id || piece.until === null || piece.until <= now) continue;
      held.push([row, effectKey === null ? null : (piece as EffectRow)]);
    }
    return held;
  }

  function remember(
    id: string,
    now: number,
    leaseMs: number,
    pieces: readonly (readonly [string, string | null])[],
  ): void {
    // Insertion order is close to the order of ends: the front is where claims that are over lie.
    for (const [old, claim] of claims) {
      if (claim.until > now) break;
      claims.delete(old);
    }
    if (pieces.length > 0) claims.set(id, { until: now + leaseMs, pieces });
  }

  const checkLease = (row: Row, now: number): CheckLease => ({
    work: 'check',
    taskId: row.task.id,
    fence: row.check.fence,
    task: row.task,
    overdue: row.task.deadlineAt <= now,
    starts: row.check.starts,
  });

  const effectLease = (row: Row, effect: EffectRow): EffectLease => ({
    work: 'effect',
    taskId: row.task.id,
    kind: effect.kind,
    number: effect.number,
    fence: effect.fence,
    task: row.task,
    entry: effect.kind === 'fact' ? (row.entries[effect.number - 1] ?? null) : null,
    starts: effect.starts,
    ends: effect.ends,
    steps: effect.steps,
  });

  function claimChecks(want: ClaimOptions, now: number): CheckLease[] {
    const taken: Row[] = [];
    for (const { provider, limit } of want.from) {
      const queue = queueOf('check', provider);
      for (let count = 0; count < limit; ) {
        const next = queue.take(now);
        if (next === undefined) break;
        const row = rows.get(next.id);
        if (row === undefined || checkDue(row) !== next.at) continue;
        const until = now + want.leaseMs;
        row.check = { fence: row.check.fence + 1, until, claimId: want.claimId, starts: row.check.starts + 1 };
        row.task = { ...row.task, nextCheckAt: until };
        taken.push(row);
        count += 1;
      }
    }
    // Only now: a lease of no length would be due again before this claim is through.
    for (const row of taken) queueCheck(row);
    remember(
      want.claimId,
      now,
      want.leaseMs,
      taken.map((row) => [row.task.id, null] as const),
    );
    return taken.map((row) => checkLease(row, now));
  }

  function claimEffects(want: ClaimOptions, now: number): EffectLease[] {
    const taken: (readonly [Row, EffectRow])[] = [];
    const kinds = want.kinds ?? ['settled', 'progress', 'fact'];
    for (const { provider, limit } of want.from) {
      let room = limit;
      for (const kind of kinds) {
        const queue = queueOf('effect', `${provider}\n${kind}`);
        while (room > 0) {
          const next = queue.take(now);
          if (next === undefined) break;
          const [taskId = '', key = ''] = next.id.split('\n');
          const row = rows.get(taskId);
          const effect = row?.effects.get(key);
          if (row === undefined || effect === undefined || effectDue(effect) !== next.at) continue;
          Object.assign(effect, {
            state: 'running',
            fence: effect.fence + 1,
            until: now + want.leaseMs,
            claimId: want.claimId,
          });
          effect.starts += 1;
          effect.runs += 1;
          taken.push([row, effect]);
          room -= 1;
        }
      }
    }
    for (const [row, effect] of taken) queueEffect(row, effect);
    const pieces = taken.map(([row, effect]) => [row.task.id, effectId(effect.kind, effect.number)] as const);
    remember(want.claimId, now, want.leaseMs, pieces);
    return taken.map(([row, effect]) => effectLease(row, effect));
  }

  function claim(work: 'effect', want: ClaimOptions): Promise<readonly EffectLease[]>;
  function claim(work: 'check', want: ClaimOptions): Promise<readonly CheckLease[]>;
  async function claim(work: 'effect' | 'check', want: ClaimOptions): Promise<readonly (EffectLease | CheckLease)[]> {
    const now = clock.now();
    const held = claimed(want.claimId, now);
    if (held.length > 0)
      return held.map(([row, effect]) => (effect === null ? checkLease(row, now) : effectLease(row, effect)));
    return work === 'check' ? claimChecks(want, now) : claimEffects(want, now);
  }

  /** The piece a lease names, if the lease is still held. */
  function heldBy(lease: CheckLease | EffectLease): { row: Row; effect: EffectRow | null } | undefined {
    const row = rows.get(lease.taskId);
    if (row === undefined) return undefined;
    if (lease.work === 'check') {
      return row.check.fence === lease.fence && row.check.until !== null ? { row, effect: null } : undefined;
    }
    const effect = row.effects.get(effectId(lease.kind, lease.number));
    return effect?.fence === lease.fence && effect.state === 'running' ? { row, effect } : undefined;
  }

  function forget(row: Row): void {
    rows.delete(row.task.id);
    if (row.task.externalId !== null) byExternalId.delete(externalKey(row.task.provider, row.task.externalId));
  }

  function purgeable(row: Row, query: PurgeQuery, now: number): boolean {
    const settledAt = row.task.settledAt;
    if (settledAt === null || !isTerminal(row.task.status)) return false;
    const effects = [...row.effects.values()];
    const leased = [row.check, ...effects].some((piece) => piece.until !== null && piece.until > now);
    if (leased) return false;
    if (settledAt < now - query.abandonedForMs) return true;
    return settledAt < now - query.settledForMs && effects.every((effect) => effect.state === 'done');
  }

  return {
    name: 'memory',

    async open(draft: TaskDraft) {
      const now = clock.now();
      const held = rows.get(draft.id);
      if (held === undefined) {
        const row = insert(openTask(draft, now));
        adopt(row, now);
        return { task: row.task, created: true, send: true };
      }
      const again = openAgain(held.task, draft, now);
      keep(held, again.task);
      return { task: held.task, created: false, send: again.send };
    },

    async record(facts) {
      const now = clock.now();
      const done = facts.map((fact) => recordOne(fact, now));
      return done.map(({ row, ...said }) => ({ ...said, task: row?.task ?? null }));
    },

    claim,

    async extend(lease, leaseMs) {
      const held = heldBy(lease);
      if (held === undefined) return false;
      const until = clock.now() + leaseMs;
      if (held.effect !== null) {
        held.effect.until = until;
        queueEffect(held.row, held.effect);
        return true;
      }
      const { row } = held;
      if (row.task.nextCheckAt === row.check.until) row.task = { ...row.task, nextCheckAt: until };
      row.check.until = until;
      queueCheck(row);
      return true;
    },

    async finish(lease, end) {
      const now = clock.now();
      const held = heldBy(lease);
      if (lease.work === 'check' && (end.kind === 'dead' || end.kind === 'step')) {
        throw new TasklatchError('not_supported', `A check can't end as "${end.kind}": use "again" or "done".`);
      }
      if (held === undefined) return false;
      const { row, effect } = held;
      if (effect === null) {
        const { nextCheckAt, deadlineAt } = row.task;
        const asked = nextCheckAt !== row.check.until;
        const inMs = end.kind === 'again' ? end.inMs : 0;
        const again = deadlineAt > now ? Math.min(now + inMs, deadlineAt) : now + inMs;
        const rest = Math.max(deadlineAt, now);
        row.check.until = null;
        if (nextCheckAt !== null && !(asked && end.kind === 'again')) {
          row.task = { ...row.task, nextCheckAt: end.kind === 'again' ? again : rest };
        }
        queueCheck(row);
        return true;
      }
      if (end.kind === 'step') {
        if (!effect.steps.includes(end.step)) effect.steps = [...effect.steps, end.step];
        return true;
      }
      effect.ends += 1;
      effect.until = null;
      if (end.kind === 'again')
        Object.assign(effect, { state: 'due', dueAt: now + end.inMs, lastError: end.error ?? null });
      if (end.kind === 'dead') Object.assign(effect, { state: 'dead', lastError: end.error ?? null });
      if (end.kind === 'done') Object.assign(effect, { state: 'done', doneAt: now });
      if (end.kind === 'done' && effect.again) {
        effect.again = false;
        makeDue(row, effect.kind, effect.number, now);
      } else queueEffect(row, effect);
      return true;
    },

    async get(ref) {
      const id = 'id' in ref ? ref.id : byExternalId.get(externalKey(ref.provider, ref.externalId));
      return id === undefined ? undefined : rows.get(id)?.task;
    },

    async list(query: TaskQuery): Promise<Page<Task>> {
      const limit = Math.min(Math.max(query.limit ?? 50, 1), 1000);
      const newestFirst = (a: Task, b: Task): number => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1);
      const after = query.cursor === undefined ? undefined : cursorOf(query.cursor);
      const found = [...rows.values()]
        .filter(
          ({ task, effects }) =>
            (query.owner === undefined || task.owner === query.owner) &&
            (query.provider === undefined || task.provider === query.provider) &&
            (query.status === undefined || task.status === query.status) &&
            (query.effect === undefined || [...effects.values()].some(({ state }) => state === query.effect)),
        )
        .map(({ task }) => task)
        .filter(
          (task) =>
            after === undefined || task.createdAt < after.at || (task.createdAt === after.at && task.id < after.id),
        )
        .sort(newestFirst);
      const items = found.slice(0, limit);
      const last = items.at(-1);
      return { items, next: found.length > limit && last !== undefined ? `${last.createdAt}.${last.id}` : null };
    },

    async ledger(ref) {
      if ('quarantine' in ref) {
        const { provider, limit } = ref.quarantine;
        return { entries: quarantine.list(provider, limit ?? 100), effects: [], dropped: 0 };
      }
      const row = rows.get(ref.taskId);
      if (row === undefined) return { entries: [], effects: [], dropped: 0 };
      const effects = [...row.effects.values()]
        .sort((a, b) => (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : a.number - b.number))
        .map(({ fence: _fence, claimId: _claimId, until, again: _again, ...record }) => ({
          ...record,
          leaseUntil: until,
        }));
      return { entries: [...row.entries], effects, dropped: row.dropped };
    },

    async purge(query) {
      if (query.discard !== undefined) return quarantine.discard(query.discard);
      const now = clock.now();
      const limit = query.limit ?? 500;
      const old = [...rows.values()]
        .filter((row) => purgeable(row, query, now))
        .sort((a, b) => (a.task.settledAt ?? 0) - (b.task.settledAt ?? 0))
        .slice(0, limit);
      for (const row of old) forget(row);
      return old.length + quarantine.purge(now - query.quarantinedForMs, limit - old.length);
    },

    async listen(listener) {
      listeners.add(listener);
      return async () => {
        listeners.delete(listener);
      };
    },
  };
}

function cursorOf(cursor: string): { readonly at: number; readonly id: string } {
  const dot = cursor.indexOf('.');
  const at = Number(cursor.slice(0, dot));
  if (dot < 1 || !Number.isFinite(at)) {
    throw new TasklatchError(
      'invalid_request',
      'The cursor is not one that `list` gave: pass `next` of the page before, unchanged.',
    );
  }
  return { at, id: cursor.slice(dot + 1) };
}
