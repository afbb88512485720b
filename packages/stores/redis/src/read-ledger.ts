import type { EffectKind, EffectRecord, EffectState, Ledger, LedgerEntry } from '@tasklatch/core';
import { factOf, ledgerEntryOf } from './ledger-entry.js';
import type { RedisCalls } from './redis-calls.js';
import { asList, asTexts } from './reply.js';
import { fieldsOf, numberOf, textOf } from './task-record.js';
import { escapeText } from './text.js';
import { entryId } from './travel.js';

export async function readLedger(calls: RedisCalls, taskId: string): Promise<Ledger> {
  const flat = asTexts(await calls.run('ledger', calls.shards.ofTask(taskId), [escapeText(taskId)]));
  const fields = new Map<string, string>();
  for (let at = 0; at < flat.length; at += 2) fields.set(flat[at] ?? '', flat[at + 1] ?? '');
  const entries: LedgerEntry[] = [];
  const effects: EffectRecord[] = [];
  for (const [field, value] of fields) {
    const [, kind, number] = /^e:(\S+):(\d+)$/.exec(field) ?? [];
    if (kind !== undefined) effects.push(effectOf(kind as EffectKind, Number(number), value));
    if (field.startsWith('m:')) {
      const [seq] = value.split(' ');
      entries.push(ledgerEntryOf(taskId, value, fields.get(`f:${seq}`) ?? '', fields.get(`c:${seq}`) ?? ''));
    }
  }
  entries.sort((a, b) => a.seq - b.seq);
  effects.sort((a, b) => (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : a.number - b.number));
  return { entries, effects, dropped: Number(fieldsOf(fields.get('task') ?? '{}').dropped ?? 0) };
}

function effectOf(kind: EffectKind, number: number, json: string): EffectRecord {
  const fields = fieldsOf(json);
  return {
    kind,
    number,
    state: fields.state as EffectState, // Written by our scripts only.
    runs: numberOf(fields, 'runs') ?? 0,
    starts: numberOf(fields, 'starts') ?? 0,
    ends: numberOf(fields, 'ends') ?? 0,
    dueAt: numberOf(fields, 'dueAt') ?? 0,
    leaseUntil: numberOf(fields, 'leaseUntil'),
    doneAt: numberOf(fields, 'doneAt'),
    lastError: textOf(fields, 'lastError'),
  };
}

/** What lies in the quarantine, of all shards, oldest first. */
export async function readQuarantine(calls: RedisCalls, provider: string | undefined, limit: number): Promise<Ledger> {
  const args = [provider === undefined ? '' : escapeText(provider), String(limit)];
  const shards = calls.shards.all;
  const replies = await Promise.all(shards.map((shard) => calls.run('waiting', shard, args)));
  const found = replies.flatMap((reply, index) =>
    asList(reply).map((one) => {
      const [n = '', at, lastAt, copies, fact = '', content = '', micros] = asTexts(one);
      const id = entryId(shards[index] ?? 0, n);
      const times = { at: Number(at), lastAt: Number(lastAt), copies: Number(copies) };
      const entry: LedgerEntry = { id, seq: 0, ...times, outcome: 'quarantined', fact: factOf(fact, content) };
      return { entry, micros: Number(micros) };
    }),
  );
  // Stable, so entries of one shard keep their order.
  found.sort((a, b) => a.entry.at - b.entry.at || a.micros - b.micros);
  return { entries: found.slice(0, limit).map(({ entry }) => entry), effects: [], dropped: 0 };
}
