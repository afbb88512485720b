import { type EffectRecord, type FactContent, type LedgerEntry, mergeFact, type Task } from '@tasklatch/core';
import { unescapeText } from './escape-text.js';

// The functions of the migrations answer JSON in exactly these shapes, but for the escapes in texts.

export const readTask = (task: Task): Task => ({
  ...task,
  id: unescapeText(task.id),
  provider: unescapeText(task.provider),
  key: unescapeText(task.key),
  owner: unescapeText(task.owner),
  model: unescapeText(task.model),
  fingerprint: unescapeText(task.fingerprint),
  externalId: unescapeText(task.externalId),
  sendToken: unescapeText(task.sendToken),
});

/** An entry as it is stored: the fact and its content apart. Neither was ever unpacked, so they have no escapes. */
export type StoredEntry = LedgerEntry & { readonly content: FactContent | null };

export const readEntry = ({ content, ...entry }: StoredEntry): LedgerEntry => ({
  ...entry,
  id: unescapeText(entry.id),
  fact: mergeFact(entry.fact, content),
});

export const readEffect = (effect: EffectRecord): EffectRecord => ({
  ...effect,
  lastError: unescapeText(effect.lastError),
});
