import type { Draw } from '../faults/draw.js';
import { type CallbackFaults, type ForgedKind, forgedKinds } from '../faults/faults.js';
import type { CallbackKind } from '../tasks/task.js';

export type Says = 'truth' | 'lie' | 'running' | 'not_started';

export interface PlannedCallback {
  readonly kind: CallbackKind;
  readonly says: Says;
  /** Only the callback of the end is sent again after a failed delivery. */
  readonly retried: boolean;
}

/** Callbacks that start at the same moment. The next wave starts when all of this one were answered. */
export type Wave = readonly PlannedCallback[];

/** What is sent for a task that has ended. Pure: the same draw and faults give the same plan. `onFault` hears each fault that hit. */
export function planCallbacks(faults: CallbackFaults, draw: Draw, onFault: (name: string) => void): readonly Wave[] {
  const hits = (
    name:
      | 'lost'
      | 'duplicate'
      | 'concurrent'
      | 'reordered'
      | 'stale'
      | 'contradicting'
      | 'lying'
      | 'forged'
      | 'malformed',
  ) => {
    const hit = draw.hits(faults[name], `callback.${name}`);
    if (hit) onFault(`callback.${name}`);
    return hit;
  };

  const waves: Wave[] = [];
  if (hits('forged')) waves.push(forgeries(faults.forgedKinds ?? forgedKinds));
  if (hits('lost')) return waves;

  const end: PlannedCallback = hits('lying')
    ? { kind: 'lying', says: 'lie', retried: true }
    : { kind: hits('malformed') ? 'malformed' : 'end', says: 'truth', retried: true };
  const more: PlannedCallback = { kind: 'duplicate', says: end.says, retried: false };
  const copies = hits('duplicate') ? Math.max(0, (faults.copies ?? 2) - 1) : 0;
  const atOnce = copies > 0 && draw.hits(faults.concurrent ?? true, 'callback.concurrent');

  const order = hits('reordered') ? draw.pick(wrongOrders, 'callback.order') : (['end'] as const);
  for (const step of order) {
    if (step !== 'end') waves.push([{ kind: 'progress', says: step, retried: false }]);
    else if (atOnce) waves.push([end, ...Array<PlannedCallback>(copies).fill(more)]);
    else waves.push([end], ...Array<Wave>(copies).fill([more]));
  }
  if (hits('stale')) waves.push([{ kind: 'stale', says: 'running', retried: false }]);
  if (hits('contradicting')) {
    waves.push([{ kind: 'contradicting', says: end.says === 'truth' ? 'lie' : 'truth', retried: false }]);
  }
  return waves;
}

export function forgeries(kinds: readonly ForgedKind[]): Wave {
  return kinds.map((kind) => ({ kind: `forged-${kind}` as const, says: 'lie' as const, retried: false }));
}

const wrongOrders: readonly [WrongOrder, ...WrongOrder[]] = [
  ['end', 'running', 'not_started'],
  ['end', 'not_started', 'running'],
  ['running', 'end', 'not_started'],
  ['not_started', 'end', 'running'],
];

type WrongOrder = readonly ('end' | 'running' | 'not_started')[];
