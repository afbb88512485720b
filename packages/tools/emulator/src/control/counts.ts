import type { CallbackAnswer, CallbackKind } from '../tasks/task.js';

/** What the emulator received and did since it started. */
export interface Counts {
  /** POSTs to submit, with those that made no task. */
  readonly submits: number;
  readonly tasksMade: number;
  /** Submits that were answered with a task id. */
  readonly submitsAnswered: number;
  readonly tasksEnded: number;
  readonly statusChecks: number;
  readonly musicDetailChecks: number;
  readonly filesServed: number;
  /** All callbacks sent, with duplicates, retries and forgeries. */
  readonly callbacksSent: number;
  readonly callbacksByKind: Readonly<Partial<Record<CallbackKind, number>>>;
  /** By HTTP status, `timeout`, `unreachable`, `refused`; without forgeries. */
  readonly callbackAnswers: Readonly<Record<string, number>>;
  readonly forgedSent: number;
  readonly forgedAnswers: Readonly<Record<string, number>>;
  /** Requests turned away, by reason: `unauthorized`, `invalid`, `unknownTask`, `tooLarge`, `full`. */
  readonly refused: Readonly<Record<string, number>>;
  /** Each fault that hit, by name: `submit.resetAfter`, `callback.lost`, … */
  readonly faults: Readonly<Record<string, number>>;
}

type Single = { [Key in keyof Counts]: Counts[Key] extends number ? Key : never }[keyof Counts];

export interface Counter {
  add(name: Single): void;
  refuse(reason: 'unauthorized' | 'invalid' | 'unknownTask' | 'tooLarge' | 'full'): void;
  fault(name: string): void;
  callbackSent(kind: CallbackKind): void;
  callbackAnswered(kind: CallbackKind, answer: CallbackAnswer): void;
  read(): Counts;
}

export function createCounter(): Counter {
  const single: Record<Single, number> = {
    submits: 0,
    tasksMade: 0,
    submitsAnswered: 0,
    tasksEnded: 0,
    statusChecks: 0,
    musicDetailChecks: 0,
    filesServed: 0,
    callbacksSent: 0,
    forgedSent: 0,
  };
  const callbacksByKind: Record<string, number> = {};
  const callbackAnswers: Record<string, number> = {};
  const forgedAnswers: Record<string, number> = {};
  const refused: Record<string, number> = {};
  const faults: Record<string, number> = {};

  return {
    add(name) {
      single[name]++;
    },
    refuse: (reason) => increase(refused, reason),
    fault: (name) => increase(faults, name),
    callbackSent(kind) {
      single.callbacksSent++;
      if (isForged(kind)) single.forgedSent++;
      increase(callbacksByKind, kind);
    },
    callbackAnswered: (kind, answer) => increase(isForged(kind) ? forgedAnswers : callbackAnswers, String(answer)),
    read: () => ({
      ...single,
      callbacksByKind: { ...callbacksByKind },
      callbackAnswers: { ...callbackAnswers },
      forgedAnswers: { ...forgedAnswers },
      refused: { ...refused },
      faults: { ...faults },
    }),
  };
}

export function isForged(kind: CallbackKind): boolean {
  return kind.startsWith('forged-');
}

function increase(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
