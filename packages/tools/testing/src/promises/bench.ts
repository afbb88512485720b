import { createTasklatch, type Task, type Tasklatch, type TasklatchOptions, type TaskStore } from '@tasklatch/core';
import { aRequest } from '../a-request.js';
import { type ScriptedProvider, scriptedProvider } from '../scripted-provider.js';
import type { StoreUnderTest } from '../store-under-test.js';

export const SECRET = 'a secret for tests, at least 32 characters long';
export const OTHER_SECRET = 'another secret for tests, of at least 32 characters';
const BASE = 'https://app.example.com/callbacks';

export interface Bench {
  readonly provider: ScriptedProvider;
  readonly latch: Tasklatch<unknown>;
  readonly store: TaskStore<unknown>;
  /** Another latch on the same store, as a second process would have. */
  again(more?: Partial<TasklatchOptions<unknown>>): Tasklatch<unknown>;
  /** A delivery to the callback URL of a task; `signature: "good"` signs it. */
  deliver(task: Pick<Task, 'id'>, body: unknown, headers?: Record<string, string>): Promise<number>;
  /** The path of a callback as the provider would call it. */
  path(task: Pick<Task, 'id'>): string;
}

export const SIGNED = { 'x-signature': 'good' };

let benches = 0;

/** A latch over the store, with a scripted provider of its own, so that benches on one store leave each other alone. */
export function bench(
  under: StoreUnderTest<unknown>,
  more: Partial<TasklatchOptions<unknown>> = {},
  providerOptions: Parameters<typeof scriptedProvider>[0] = {},
): Bench {
  benches += 1;
  const provider = scriptedProvider({
    name: `acme-${benches}-${Math.random().toString(36).slice(2, 8)}`,
    ...providerOptions,
  });
  const again = (extra: Partial<TasklatchOptions<unknown>> = {}): Tasklatch<unknown> =>
    createTasklatch<unknown>({
      store: under.store,
      providers: [provider],
      callbacks: { baseUrl: BASE, secret: SECRET },
      pollMs: 40,
      submit: { timeoutMs: 1_000 },
      effects: { leaseMs: 400, backoffMs: 20, backoffCapMs: 50, ...more.effects },
      checks: { firstWithCallbackMs: 60_000, firstWithoutCallbackMs: 60_000, ...more.checks },
      ...without(more, 'effects', 'checks'),
      ...extra,
    });
  const latch = again();
  const path = ({ id }: Pick<Task, 'id'>): string => (latch.callbackUrl(provider.name, id) ?? '').slice(BASE.length);
  return {
    provider,
    latch,
    store: under.store,
    again,
    path,
    deliver: async (task, body, headers = {}) =>
      (await latch.callbacks(aRequest({ path: path(task), body, headers }))).status,
  };
}

function without<T extends object, Key extends keyof T>(value: T, ...keys: readonly Key[]): Omit<T, Key> {
  const copy = { ...value };
  for (const key of keys) delete copy[key];
  return copy;
}

/** Waits until `look` answers something; fails with what it waited for. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  withinMs = 15_000,
): Promise<T> {
  for (const end = Date.now() + withinMs; ; ) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > end) throw new Error(`Waited ${withinMs} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

export const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let keys = 0;
export const freshKey = (): string => `key-${Date.now()}-${++keys}-${Math.random().toString(36).slice(2)}`;
