import type { Fact } from '../fact.js';
import type { LedgerEntry, Recorded, StoreLimits } from '../store.js';
import type { Task } from '../task.js';

/** The quarantine of the memory store: authentic deliveries without a task, or without a meaning yet. */
export interface MemoryQuarantine {
  add(fact: Fact, now: number): Pick<Recorded, 'outcome' | 'duplicate'>;
  /** Takes out what belongs to the task, in order of arrival. */
  takeFor(task: Task): readonly LedgerEntry[];
  list(provider: string | undefined, limit: number): readonly LedgerEntry[];
  discard(ids: readonly string[]): number;
  purge(before: number, limit: number): number;
}

export function memoryQuarantine(limits: Pick<StoreLimits, 'quarantineEntries' | 'quarantineBytes'>): MemoryQuarantine {
  const entries = new Map<string, LedgerEntry>();
  const byIdentity = new Map<string, string>();
  const used = new Map<string, { entries: number; bytes: number }>();
  let made = 0;

  const identity = (fact: Fact): string => JSON.stringify([fact.provider, fact.taskId, fact.externalId, fact.key]);
  const bytesOf = (fact: Fact): number => fact.delivery?.body?.length ?? 0;
  const count = (fact: Fact, sign: 1 | -1): void => {
    const held = used.get(fact.provider) ?? { entries: 0, bytes: 0 };
    used.set(fact.provider, { entries: held.entries + sign, bytes: held.bytes + sign * bytesOf(fact) });
  };
  const remove = (entry: LedgerEntry): void => {
    entries.delete(entry.id);
    byIdentity.delete(identity(entry.fact));
    count(entry.fact, -1);
  };

  return {
    add(fact, now) {
      const known = entries.get(byIdentity.get(identity(fact)) ?? '');
      if (known !== undefined) {
        entries.set(known.id, { ...known, copies: known.copies + 1, lastAt: now });
        return { outcome: 'quarantined', duplicate: true };
      }
      const held = used.get(fact.provider) ?? { entries: 0, bytes: 0 };
      if (held.entries >= limits.quarantineEntries || held.bytes + bytesOf(fact) > limits.quarantineBytes) {
        return { outcome: 'full', duplicate: false };
      }
      const id = `q${++made}`;
      entries.set(id, { id, seq: 0, at: now, lastAt: now, copies: 1, outcome: 'quarantined', fact });
      byIdentity.set(identity(fact), id);
      count(fact, 1);
      return { outcome: 'quarantined', duplicate: false };
    },
    takeFor(task) {
      const belongs = ({ fact }: LedgerEntry): boolean =>
        fact.provider === task.provider &&
        !fact.unparseable &&
        (fact.taskId === null
          ? fact.externalId !== null && fact.externalId === task.externalId
          : fact.taskId === task.id);
      if (entries.size === 0) return [];
      const taken = [...entries.values()].filter(belongs);
      for (const entry of taken) remove(entry);
      return taken;
    },
    list: (provider, limit) =>
      [...entries.values()].filter(({ fact }) => provider === undefined || fact.provider === provider).slice(0, limit),
    discard(ids) {
      const found = ids.flatMap((id) => entries.get(id) ?? []);
      for (const entry of found) remove(entry);
      return found.length;
    },
    purge(before, limit) {
      const old = [...entries.values()].filter(({ at }) => at < before).slice(0, Math.max(limit, 0));
      for (const entry of old) remove(entry);
      return old.length;
    },
  };
}
