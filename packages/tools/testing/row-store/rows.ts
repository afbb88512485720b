import { randomUUID } from 'node:crypto';
import type { LedgerEntry } from '@tasklatch/core';
import type { TaskRow } from './task-row.js';

/** What one act changed: the new value by id, null for what is gone. Written all or not at all. */
export interface Changes {
  readonly rows: ReadonlyMap<string, TaskRow | null>;
  readonly quarantine: ReadonlyMap<string, LedgerEntry | null>;
}

/** The rows as one act sees them: all that is committed, and what the act itself has changed so far. */
export interface Rows {
  row(id: string): TaskRow | undefined;
  owner(provider: string, externalId: string): TaskRow | undefined;
  put(row: TaskRow): void;
  remove(row: TaskRow): void;
  all(): readonly TaskRow[];
  /** In order of arrival. */
  quarantined(): readonly LedgerEntry[];
  /** For an entry that arrives now: unique, and greater than all before. */
  nextEntryId(): string;
  putQuarantined(entry: LedgerEntry): void;
  release(id: string): boolean;
  readonly changes: Changes;
}

/** All rows in memory; `saved` entries in the order of their ids. `begin` opens an act's view of them; `commit` makes its changes everybody's. */
export function rowsInMemory(saved: Iterable<TaskRow>, savedQuarantine: Iterable<LedgerEntry>) {
  const committed = new Map<string, TaskRow>();
  const quarantine = new Map<string, LedgerEntry>();
  const owners = new Map<string, string>();
  const ownerKey = (provider: string, externalId: string): string => JSON.stringify([provider, externalId]);

  function begin(): Rows {
    const rows = new Map<string, TaskRow | null>();
    const entries = new Map<string, LedgerEntry | null>();
    const row = (id: string): TaskRow | undefined => {
      const changed = rows.get(id);
      return changed === undefined ? committed.get(id) : (changed ?? undefined);
    };
    const merged = <T>(old: ReadonlyMap<string, T>, changed: ReadonlyMap<string, T | null>): T[] =>
      changed.size === 0
        ? [...old.values()]
        : [...new Map<string, T | null>([...old, ...changed]).values()].filter((value) => value !== null);
    return {
      row,
      owner(provider, externalId) {
        const owns = (candidate: TaskRow | null | undefined): candidate is TaskRow =>
          candidate?.task.provider === provider && candidate.task.externalId === externalId;
        for (const changed of rows.values()) if (owns(changed)) return changed;
        const held = row(owners.get(ownerKey(provider, externalId)) ?? '');
        return owns(held) ? held : undefined;
      },
      put: (changed) => void rows.set(changed.task.id, changed),
      remove: ({ task }) => void rows.set(task.id, null),
      all: () => merged(committed, rows),
      quarantined: () => merged(quarantine, entries),
      nextEntryId: () => `${String(++arrived).padStart(15, '0')}-${randomUUID().slice(0, 8)}`,
      putQuarantined: (entry) => void entries.set(entry.id, entry),
      release(id) {
        const there = (entries.has(id) ? entries.get(id) : quarantine.get(id)) ?? null;
        if (there !== null) entries.set(id, null);
        return there !== null;
      },
      changes: { rows, quarantine: entries },
    };
  }

  function commit({ rows, quarantine: entries }: Changes): void {
    for (const id of rows.keys()) {
      const { provider, externalId } = committed.get(id)?.task ?? {};
      if (provider !== undefined && externalId != null) owners.delete(ownerKey(provider, externalId));
    }
    for (const [id, row] of rows) {
      if (row === null) committed.delete(id);
      else committed.set(id, row);
      if (row !== null && row.task.externalId !== null)
        owners.set(ownerKey(row.task.provider, row.task.externalId), id);
    }
    for (const [id, entry] of entries) {
      if (entry === null) quarantine.delete(id);
      else quarantine.set(id, entry);
    }
  }

  const entries = [...savedQuarantine];
  let arrived = Number.parseInt(entries.at(-1)?.id ?? '0', 10);
  commit({
    rows: new Map([...saved].map((row) => [row.task.id, row])),
    quarantine: new Map(entries.map((entry) => [entry.id, entry])),
  });
  return { begin, commit };
}
