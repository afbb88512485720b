import { createHmac } from 'node:crypto';
import { type Counter, isForged } from '../control/counts.js';
import type { CallbackFaults, Faults, ForgedKind } from '../faults/faults.js';
import type { Outstanding } from '../outstanding.js';
import type { CallbackAnswer, CallbackKind, CallbackRecord, EmulatedTask, TaskEnd } from '../tasks/task.js';
import type { TaskRegister } from '../tasks/task-register.js';
import type { Timers } from '../timers.js';
import { callbackBody, malform } from './callback-body.js';
import { forgeries, type PlannedCallback, planCallbacks } from './callback-plan.js';
import type { CallbackSender } from './callback-sender.js';
import { forgedUrl } from './forged-url.js';

/** Sends the callbacks of tasks that have ended, right or wrong, and again after a failed delivery. */
export interface CallbackDesk {
  /** Resolves when all callbacks of the plan were answered; retries go on after that. */
  deliver(task: EmulatedTask, end: TaskEnd, afterMs: number): Promise<void>;
  redeliver(task: EmulatedTask, end: TaskEnd, copies: number): Promise<readonly CallbackAnswer[]>;
  forge(task: EmulatedTask, end: TaskEnd, kinds: readonly ForgedKind[]): Promise<readonly CallbackAnswer[]>;
}

export interface CallbackDeskOptions {
  readonly sender: CallbackSender;
  readonly register: TaskRegister;
  readonly counter: Counter;
  readonly outstanding: Outstanding;
  readonly timers: Timers;
  readonly faultsOf: (task: EmulatedTask) => Faults;
  readonly baseUrl: () => string;
  readonly callbackKey: string | undefined;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const schedules = { none: [], quick: [1000, 2000, 4000], slow: [60_000, 120_000, 240_000, 480_000, 600_000] } as const;

export function createCallbackDesk(options: CallbackDeskOptions): CallbackDesk {
  const { sender, register, counter, outstanding, timers, faultsOf, baseUrl, callbackKey } = options;

  function write(task: EmulatedTask, end: TaskEnd, planned: PlannedCallback, faults: CallbackFaults): string {
    const otherId =
      planned.kind === 'forged-task' ? (register.other(task)?.id ?? 'task-unified-1757165031-nobodys0') : task.id;
    const body = callbackBody(task, end, planned.says, faults, baseUrl(), otherId);
    return planned.kind === 'malformed' ? malform(body, task, faults.malformedKinds) : body;
  }

  async function send(task: EmulatedTask, kind: CallbackKind, body: string): Promise<CallbackAnswer> {
    if (task.callbackUrl === undefined) return 'refused';
    const record: CallbackRecord = { attempt: task.callbacks.length + 1, kind, at: Date.now(), status: 'sending' };
    task.callbacks.push(record);
    const url = kind === 'forged-token' ? forgedUrl(task.callbackUrl) : task.callbackUrl;
    if (sender.refuses(url)) {
      record.status = 'refused';
    } else {
      counter.callbackSent(kind);
      const timeoutMs = faultsOf(task).callback?.timeoutMs ?? DEFAULT_TIMEOUT_MS;
      record.status = await sender.send(url, body, signature(task, isForged(kind)), timeoutMs);
    }
    counter.callbackAnswered(kind, record.status);
    return record.status;
  }

  function signature(task: EmulatedTask, forged: boolean): Record<string, string> {
    if (callbackKey === undefined) return {};
    const timestamp = String(Math.floor(Date.now() / 1000));
    const key = forged ? `not ${callbackKey}` : callbackKey;
    return {
      'x-webhook-timestamp': timestamp,
      'x-webhook-signature': createHmac('sha256', key).update(`${task.id}.${timestamp}`).digest('base64'),
    };
  }

  function retry(task: EmulatedTask, body: string, answer: CallbackAnswer, retries: number): void {
    const faults = faultsOf(task).callback ?? {};
    const schedule = typeof faults.retries === 'object' ? faults.retries : schedules[faults.retries ?? 'none'];
    const waitMs = schedule[retries];
    if (waitMs === undefined || !isRetried(answer, faults.retry4xx ?? false)) return;
    outstanding.start();
    timers.after(waitMs * (faults.timeScale ?? 1), () => {
      void send(task, 'retry', body).then((next) => {
        retry(task, body, next, retries + 1);
        outstanding.end();
      });
    });
  }

  async function sendPlanned(task: EmulatedTask, end: TaskEnd, planned: PlannedCallback): Promise<CallbackAnswer> {
    const body = write(task, end, planned, faultsOf(task).callback ?? {});
    const answer = await send(task, planned.kind, body);
    if (planned.retried) retry(task, body, answer, 0);
    return answer;
  }

  async function whileOutstanding<T>(work: () => Promise<T>): Promise<T> {
    outstanding.start();
    try {
      return await work();
    } finally {
      outstanding.end();
    }
  }

  return {
    deliver: (task, end, afterMs) =>
      whileOutstanding(async () => {
        if (task.callbackUrl === undefined) return;
        await timers.pause(afterMs);
        for (const wave of planCallbacks(faultsOf(task).callback ?? {}, task.draw, counter.fault)) {
          await Promise.all(wave.map((planned) => sendPlanned(task, end, planned)));
        }
      }),
    redeliver: (task, end, copies) =>
      whileOutstanding(() => {
        const again: PlannedCallback = { kind: 'redelivered', says: 'truth', retried: false };
        return Promise.all(Array.from({ length: copies }, () => sendPlanned(task, end, again)));
      }),
    forge: (task, end, kinds) =>
      whileOutstanding(() => Promise.all(forgeries(kinds).map((planned) => sendPlanned(task, end, planned)))),
  };
}

function isRetried(answer: CallbackAnswer, retry4xx: boolean): boolean {
  if (typeof answer !== 'number') return answer !== 'refused';
  if (answer >= 400 && answer < 500) return retry4xx;
  return answer < 200 || answer >= 300;
}
