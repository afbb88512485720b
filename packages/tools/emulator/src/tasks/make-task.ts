import { randomBytes } from 'node:crypto';
import type { Emulation } from '../emulation.js';
import type { Faults } from '../faults/faults.js';
import type { Turn } from '../faults/happens.js';
import { isRecord } from '../input/input-rule.js';
import type { Family } from '../input/models.js';
import type { EmulatedTask } from './task.js';
import { wishFrom } from './wish.js';

export interface TaskSeed {
  readonly ordinal: number;
  readonly model: string;
  readonly family: Family;
  readonly marker: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
  readonly turn: Turn;
  readonly faults: Faults;
  readonly overrides: Faults | undefined;
}

/** The task that a submit asks for, with all that is decided about it at its start. */
export function makeTask({ pace }: Emulation, seed: TaskSeed): EmulatedTask {
  const { ordinal, model, family, marker, body, turn, faults, overrides } = seed;
  const { draw } = turn;
  const { pendingMs = pace.pendingMs, runningMs = pace.runningMs, stuck, files } = faults.task ?? {};
  const wish = wishFrom(isRecord(body.input) ? body.input : {}, model, family);
  return {
    id: newTaskId(family, draw.hits(faults.submit?.shortId ?? 0.25, 'submit.shortId')),
    ordinal,
    model,
    family,
    marker,
    callbackUrl: typeof body.callback_url === 'string' && body.callback_url !== '' ? body.callback_url : undefined,
    wish: files === undefined ? wish : { ...wish, files },
    draw,
    overrides,
    createdAt: Date.now(),
    pendingMs: draw.amount(pendingMs, 'task.pendingMs'),
    runningMs: draw.hits(stuck, 'task.stuck') ? Number.POSITIVE_INFINITY : draw.amount(runningMs, 'task.runningMs'),
    end: undefined,
    checks: 0,
    checksAfterEnd: 0,
    terminalAnswers: 0,
    answered: false,
    callbacks: [],
  };
}

/** Not from the seed: two emulators beside one database must not make the same id twice. */
function newTaskId(family: Family, short: boolean): string {
  const letters = (count: number, alphabet: string) =>
    Array.from(randomBytes(count), (byte) => alphabet[byte % alphabet.length]).join('');
  if (short) return letters(16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789');
  const kind = family === 'music' ? 'music' : 'unified';
  return `task-${kind}-${Math.floor(Date.now() / 1000)}-${letters(8, 'abcdefghijklmnopqrstuvwxyz0123456789')}`;
}
