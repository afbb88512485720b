import { channel } from 'node:diagnostics_channel';
import type { EffectCause, FactSource } from './fact.js';
import type { Outcome } from './store.js';
import type { TaskStatus } from './task.js';

/**
 * What can be observed, on `node:diagnostics_channel` as `tasklatch:<name>`. Names and counts only: no owner, key, id of a provider, input,
 * URL or secret. Task ids are ours and say nothing.
 */
export interface TasklatchEvents {
  submit: {
    provider: string;
    taskId: string;
    outcome: 'accepted' | 'refused' | 'notSent' | 'unclear' | 'known';
    code: string | null;
    ms: number;
  };
  /** An answer of the callback handler; `reason` for those that stored nothing. */
  delivery: { provider: string | null; status: number; reason: string | null; bytes: number; ms: number };
  record: { provider: string; taskId: string | null; source: FactSource; outcome: Outcome; duplicate: boolean };
  batch: { store: string; facts: number; ok: boolean; ms: number };
  settle: { provider: string; taskId: string; status: TaskStatus; ms: number };
  unknownStatus: { provider: string; taskId: string | null };
  check: {
    provider: string;
    taskId: string;
    outcome: 'fact' | 'failure' | 'expired' | 'unclear' | 'waiting';
    code: string | null;
    ms: number;
  };
  pause: { provider: string; ms: number };
  effect: {
    provider: string;
    taskId: string;
    /** `settled`, `progress` or `fact`. */
    kind: EffectCause;
    handler: string | null;
    /** `split`: it became an effect for each of its handlers. `superseded`: another verdict came before it ran. */
    outcome: 'done' | 'again' | 'dead' | 'lost' | 'split' | 'superseded';
    code: string | null;
    attempt: number;
    ms: number;
  };
  purge: { removed: number };
  trouble: { where: 'effects' | 'checks' | 'purge' | 'listen' | 'watch' | 'store'; code: string };
}

export type EventName = keyof TasklatchEvents;

const channels = new Map<EventName, ReturnType<typeof channel>>();

export function publish<Name extends EventName>(name: Name, event: TasklatchEvents[Name]): void {
  let held = channels.get(name);
  if (held === undefined) {
    held = channel(`tasklatch:${name}`);
    channels.set(name, held);
  }
  if (held.hasSubscribers) held.publish(event);
}

/** A short, stable word for an error: its `code`, else its class name. Never its message, which may quote anything. */
export function codeOf(error: unknown): string {
  const named = error instanceof Error ? error : undefined;
  const code: unknown = named !== undefined && 'code' in named ? named.code : undefined;
  for (const word of [code, named?.name]) {
    if (typeof word === 'string' && /^[\w.:-]{1,64}$/.test(word)) return word;
  }
  return 'error';
}
