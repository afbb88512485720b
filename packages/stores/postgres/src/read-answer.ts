import type { EffectRecord, LedgerEntry, Task } from '@tasklatch/core';
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

/** The fact within was never unpacked, so it has no escapes. */
export const readEntry = (entry: LedgerEntry): LedgerEntry => ({ ...entry, id: unescapeText(entry.id) });

export const readEffect = (effect: EffectRecord): EffectRecord => ({
  ...effect,
  steps: effect.steps.map((step) => unescapeText(step)),
  lastError: unescapeText(effect.lastError),
});
