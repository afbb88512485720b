import {
  type CheckLease,
  type ClaimOptions,
  EFFECT_CAUSES,
  type EffectLease,
  type Lease,
  TasklatchError,
  type WorkEnd,
} from '@tasklatch/core';
import type { Call } from './caller.js';
import { escapeText, unescapeText } from './escape-text.js';
import type { News } from './notifier.js';
import { readEntry, readTask, type StoredEntry } from './read-answer.js';

type StoredLease = Omit<EffectLease, 'work' | 'entry'> & { readonly entry: StoredEntry | null };

/** The acts about due work. Each is one call of a function in the schema. */
export function workActs(call: Call, tell: (news: readonly News[]) => void) {
  function claim(work: 'effect', want: ClaimOptions): Promise<readonly EffectLease[]>;
  function claim(work: 'check', want: ClaimOptions): Promise<readonly CheckLease[]>;
  async function claim(work: 'effect' | 'check', want: ClaimOptions): Promise<readonly Lease[]> {
    const from = want.from.map(({ provider, limit, kinds = EFFECT_CAUSES }) => ({
      provider: escapeText(provider),
      limit: Math.max(limit, 0),
      ...(work === 'effect' && { kinds: kinds.join() }),
    }));
    const asked = [escapeText(want.claimId), whole(want.leaseMs), JSON.stringify(from)];
    if (work === 'check') {
      const leases = JSON.parse((await call('claim_checks_v1', asked)) ?? '[]') as Omit<CheckLease, 'work'>[];
      return leases.map((lease) => ({
        work,
        ...lease,
        taskId: unescapeText(lease.taskId),
        task: readTask(lease.task),
      }));
    }
    const leases = JSON.parse((await call('claim_effects_v1', asked)) ?? '[]') as StoredLease[];
    return leases.map((lease) => ({
      work,
      ...lease,
      taskId: unescapeText(lease.taskId),
      task: readTask(lease.task),
      entry: lease.entry === null ? null : readEntry(lease.entry),
    }));
  }

  return {
    claim,

    async extend(lease: Lease, leaseMs: number): Promise<boolean> {
      const answer =
        lease.work === 'check'
          ? call('extend_check_v1', [escapeText(lease.taskId), String(lease.fence), whole(leaseMs)])
          : call('extend_effect_v1', [...nameOf(lease), whole(leaseMs)]);
      return (await answer) === 'true';
    },

    async finish(lease: Lease, end: WorkEnd): Promise<boolean> {
      const inMs = end.kind === 'again' ? whole(end.inMs) : null;
      if (lease.work === 'check') {
        if (end.kind === 'dead' || end.kind === 'split') {
          throw new TasklatchError('not_supported', `A check can't end as "${end.kind}": use "again" or "done".`);
        }
        return (await call('finish_check_v1', [escapeText(lease.taskId), String(lease.fence), inMs])) === 'true';
      }
      const into = end.kind === 'split' ? end.into.join() : null;
      const error = end.kind === 'again' || end.kind === 'dead' ? escapeText(end.error ?? null) : null;
      const ended = await call('finish_effect_v1', [...nameOf(lease), end.kind, into, inMs, error]);
      if (ended === 'due') tell([['effect', lease.taskId]]);
      return ended !== 'lost';
    },

    async holds(lease: EffectLease): Promise<boolean> {
      return (await call('holds_effect_v1', nameOf(lease))) === 'true';
    },
  };
}

const nameOf = ({ taskId, kind, number, fence }: EffectLease): string[] => [
  escapeText(taskId),
  kind,
  String(number),
  String(fence),
];

const whole = (ms: number): string => String(Math.round(ms));
