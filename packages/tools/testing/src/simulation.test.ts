import {
  causeOf,
  createTasklatch,
  isTerminal,
  memoryStore,
  type Provider,
  type ProviderFact,
  ProviderFailure,
  type Tasklatch,
  type TaskStore,
} from '@tasklatch/core';
import { describe, expect, it } from 'vitest';
import { aRequest } from './a-request.js';
import { interceptStore } from './intercept-store.js';
import { lossyStore } from './lossy-store.js';
import { manualClock } from './manual-clock.js';
import { SECRET } from './promises/bench.js';
import { scriptedProvider } from './scripted-provider.js';
import { seededRandom } from './seeded-random.js';

const BASE = 'https://app.example.com/callbacks';
const KEYS = 12;
const STEPS = 160;
const MINUTE = 60_000;

/** A whole system on one clock and one die: processes that are killed, a store that loses answers, a provider that does as it likes. */
async function simulate(seed: number): Promise<{ readonly seen: unknown; readonly wrong: readonly string[] }> {
  const random = seededRandom(seed);
  const clock = manualClock();
  const store = memoryStore({ clock });
  const later = (ms: number): Promise<void> => new Promise((resolve) => clock.setTimeout(resolve, ms));
  const oneOf = <T>(...items: readonly T[]): T => items[Math.floor(random.fraction() * items.length)] as T;

  // What really happens at the provider.
  const made = new Map<
    string,
    { readonly taskId: string; readonly verdict: 'succeeded' | 'failed'; readonly endsAt: number }
  >();
  const tasksMadeFor = new Map<string, number>();
  function make(taskId: string): string {
    const externalId = `ext-${made.size}`;
    made.set(externalId, {
      taskId,
      verdict: oneOf('succeeded', 'succeeded', 'failed'),
      endsAt: clock.now() + random.fraction() * 4 * MINUTE,
    });
    tasksMadeFor.set(taskId, (tasksMadeFor.get(taskId) ?? 0) + 1);
    return externalId;
  }
  const truth = (externalId: string): ProviderFact => {
    const task = made.get(externalId);
    if (task === undefined) throw new ProviderFailure('not_found');
    return { externalId, status: task.endsAt <= clock.now() ? task.verdict : 'running' };
  };
  const provider: Provider<unknown> = {
    ...scriptedProvider(),
    async submit({ taskId }) {
      await later(random.fraction() * 8_000);
      const error = { code: 'x', message: null };
      const what = oneOf('accepted', 'accepted', 'accepted', 'accepted', 'lost', 'before', 'notSent', 'hang');
      if (what === 'notSent') return { kind: 'notSent', error };
      if (what === 'before') return { kind: 'unclear', error };
      const externalId = make(taskId);
      if (what === 'hang') await later(10 * MINUTE);
      return what === 'lost'
        ? { kind: 'unclear', error }
        : { kind: 'accepted', fact: { externalId, status: 'pending' } };
    },
    async status(externalId) {
      await later(random.fraction() * 3_000);
      if (random.fraction() < 0.15) throw new ProviderFailure('http_500');
      if (random.fraction() < 0.03) throw new ProviderFailure('http_429', 5_000, true);
      return truth(externalId);
    },
  };

  const finished = new Map<string, number>();
  function startProcess(faulty: boolean) {
    let alive = true;
    const mortal: TaskStore = interceptStore(store, (_act, run) =>
      alive ? run() : new Promise<never>(() => undefined),
    );
    const reached: TaskStore = faulty
      ? lossyStore(mortal, { random, clock, loseAcks: 0.05, failBefore: 0.05, delayMs: 400 })
      : mortal;
    const counted: TaskStore = {
      ...reached,
      async finish(lease, end) {
        const held = await mortal.finish(lease, end);
        if (held && lease.work === 'effect' && causeOf(lease.kind) === 'settled' && end.kind !== 'again') {
          const effect = `${lease.taskId} ${lease.kind} ${lease.number}`;
          finished.set(effect, (finished.get(effect) ?? 0) + 1);
        }
        return held;
      },
    };
    const latch = createTasklatch<undefined>({
      store: counted,
      providers: [provider],
      callbacks: { baseUrl: BASE, secret: SECRET },
      clock,
      random,
      deadlineMs: 12 * MINUTE,
      pollMs: 2_000,
      checks: { firstWithCallbackMs: 20_000, capMs: 40_000 },
      effects: { backoffMs: 500, backoffCapMs: 5_000, maxAttempts: 1_000, maxCrashes: 1_000 },
    });
    for (const name of ['mail', 'bill']) {
      latch.onSettled(
        async () => {
          if (!alive) return new Promise<never>(() => undefined);
          await later(random.fraction() * 20_000);
          if (random.fraction() < 0.2) throw new Error('not yet');
        },
        { name },
      );
    }
    void latch.start();
    const kill = (): void => {
      alive = false;
    };
    return { latch, kill };
  }

  const processes = [startProcess(true), startProcess(true)];
  const deliver = (latch: Tasklatch): void => {
    const [externalId, task] = [...made][Math.floor(random.fraction() * made.size)] ?? [];
    if (externalId === undefined || task === undefined) return;
    const said = truth(externalId);
    const [body, headers] = oneOf<readonly [unknown, Record<string, string>]>(
      [said, { 'x-signature': 'good' }],
      [said, {}],
      [{ externalId, status: 'failed' }, {}],
      [{ externalId: 'ext-of-another', status: 'succeeded' }, {}],
      ['{"half', {}],
    );
    const path = (latch.callbackUrl('acme', task.taskId) ?? '').slice(BASE.length);
    for (let copy = 0; copy < oneOf(1, 1, 3); copy++) void latch.callbacks(aRequest({ path, body, headers }));
  };
  for (let step = 0; step < STEPS; step++) {
    const at = oneOf(0, 1);
    const running = processes[at];
    const dice = random.fraction();
    const key = `k${Math.floor(random.fraction() * KEYS)}`;
    if (dice < 0.3) running?.latch.submit({ provider: 'acme', input: { key }, key }).catch(() => undefined);
    else if (dice < 0.6 && running !== undefined) deliver(running.latch);
    else if (dice < 0.68) {
      running?.kill();
      processes[at] = startProcess(true);
    } else await clock.advance(random.fraction() * 12_000);
    await clock.advance(1);
  }

  // The weather clears: what is there must come to its end by itself.
  for (const { kill } of processes) kill();
  const healer = startProcess(false);
  for (let minute = 0; minute < 30; minute++) await clock.advance(MINUTE);
  void healer.latch.stop({ withinMs: 0 });
  await clock.advance(5_000);

  const wrong: string[] = [];
  const seen: unknown[] = [];
  const { items } = await store.list({ limit: 1000 });
  for (const task of items) {
    const { effects, entries } = await store.ledger({ taskId: task.id });
    seen.push([
      task,
      entries.map(({ copies, fact, outcome }) => [fact.source, fact.status, outcome, copies]),
      effects.map(({ kind, state }) => [kind, state]),
    ]);
    const settled = entries.filter(({ outcome }) => outcome === 'settled');
    const really = task.externalId === null ? undefined : made.get(task.externalId);
    const neverSent = task.status === 'expired' && task.externalId === null;
    if (!isTerminal(task.status)) wrong.push(`${task.id} is ${task.status} for ever`);
    if (settled.length !== task.verdicts || settled.filter(({ fact }) => fact.status !== 'expired').length > 1)
      wrong.push(`${task.id} settled ${settled.length} times`);
    if (task.status !== 'expired' && really !== undefined && task.status !== really.verdict)
      wrong.push(`${task.id} is ${task.status}, really ${really.verdict}`);
    if (really !== undefined && really.taskId !== task.id) wrong.push(`${task.id} has the id of another`);
    if ((tasksMadeFor.get(task.id) ?? 0) > 1) wrong.push(`${task.id} was made ${tasksMadeFor.get(task.id)} times`);
    if ((tasksMadeFor.get(task.id) ?? 0) === 0 && !neverSent)
      wrong.push(`${task.id} is ${task.status}, and was never made`);
    for (const { kind, number, state } of effects.filter((effect) => causeOf(effect.kind) === 'settled')) {
      if (state !== 'done') wrong.push(`${task.id} has an effect that is ${state}`);
      const times = finished.get(`${task.id} ${kind} ${number}`);
      if (times !== 1) wrong.push(`${kind} ${number} of ${task.id} was finished ${times} times`);
    }
  }
  return { seen, wrong };
}

describe('a whole system from a seed', () => {
  const seeds = Array.from({ length: 40 }, (_, index) => 1_000 + index);

  it('comes to its end by itself whatever was killed, lost, late or forged on the way', async () => {
    for (const seed of seeds) expect({ seed, wrong: (await simulate(seed)).wrong }).toEqual({ seed, wrong: [] });
  }, 180_000);

  it('goes the same way again from the same seed', async () => {
    for (const seed of [1, 2, 3]) expect((await simulate(seed)).seen).toEqual((await simulate(seed)).seen);
  }, 60_000);
});
