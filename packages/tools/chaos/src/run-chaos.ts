import type { AddressInfo } from 'node:net';
import { apidot } from '@tasklatch/apidot';
import { createTasklatch, isTasklatchError, isTerminal, type Task, type TaskStore } from '@tasklatch/core';
import { startEmulator } from '@tasklatch/emulator';
import { expressCallbacks, expressTasks } from '@tasklatch/express';
import express from 'express';
import { allFaults } from './all-faults.js';
import { overhear } from './overheard.js';

export interface ChaosOptions {
  readonly store: TaskStore<unknown>;
  readonly tasks: number;
  readonly seed: number;
  /** Everything must be over by then. */
  readonly withinMs: number;
  /** Submits at once. Default 48. */
  readonly concurrency?: number;
}

export interface ChaosReport {
  readonly tasks: number;
  readonly seconds: number;
  readonly numbers: Readonly<Record<string, number>>;
  readonly statuses: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  /** What must never be: empty when all promises held. */
  readonly wrong: readonly string[];
}

const MODELS = ['z-image', 'seedance-2', 'minimax-music-2.6', 'meshy-6-text-to-3d'] as const;
const inputFor = (model: string, marker: string): Record<string, unknown> => ({
  prompt: `${marker} a paper boat on still water`,
  marker,
  ...(model === 'z-image' ? { size: '1:1' } : {}),
  ...(model === 'seedance-2' ? { duration: 5, resolution: '720p' } : {}),
  ...(model === 'minimax-music-2.6' ? { lyrics_optimizer: true } : {}),
});

/** Submits many tasks through a real app to an emulator with every fault switched on, and counts what came of each. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { concurrency = 48, seed, store, tasks, withinMs } = options;
  const mark = `PLANTED${seed}`;
  const apiKey = `sk-${mark}-api-key`;
  const secret = `${mark}-callback-secret-of-enough-length`;
  const ears = overhear([mark]);
  const emulator = await startEmulator({
    seed,
    apiKey,
    faults: allFaults,
    decideBy: 'marker',
    pace: { pendingMs: 20, runningMs: 60 },
    maxTasks: tasks * 2,
  });
  const app = express();
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const latch = createTasklatch<unknown>({
    store,
    providers: [apidot({ apiKey, baseUrl: emulator.url, limits: { concurrentChecks: 64 } })],
    callbacks: { baseUrl: `${base}/callbacks`, secret },
    deadlineMs: Math.max(15_000, withinMs / 3),
    submit: { timeoutMs: 4_000, attempts: 3 },
    checks: { timeoutMs: 2_000, firstWithCallbackMs: 1_500, factor: 1.3, capMs: 4_000 },
    effects: { concurrency: 64, leaseMs: 5_000, backoffMs: 20, backoffCapMs: 200 },
    pollMs: 100,
    logger: ears.logger,
  });
  const runs = new Map<string, number>();
  const verdictsSeen = new Map<string, string>();
  latch.onSettled((task, { attempt, effectKey }) => {
    // One effect in ten fails at first, as effects do.
    if (attempt === 1 && runs.size % 10 === 9) throw new Error(`${mark} the app's own trouble`);
    runs.set(effectKey, (runs.get(effectKey) ?? 0) + 1);
    verdictsSeen.set(effectKey, task.status);
  });

  app.use('/callbacks', (_request, response, next) => {
    const end = response.end.bind(response);
    // Every answer is heard, whatever wrote it.
    response.end = ((chunk?: unknown, ...more: never[]) => {
      ears.hear('answer', `${JSON.stringify(response.getHeaders())} ${String(chunk ?? '')}`);
      return end(chunk, ...more);
    }) as typeof response.end;
    next();
  });
  app.use('/callbacks', expressCallbacks(latch));
  app.use('/tasks', expressTasks(latch, { owner: () => `${mark}-owner` }));

  const began = Date.now();
  await latch.start();
  const outcomes: Record<string, number> = {};
  const count = (name: string): void => {
    outcomes[name] = (outcomes[name] ?? 0) + 1;
  };
  const ids = new Set<string>();
  const submitOne = async (index: number): Promise<void> => {
    const marker = `${mark}-${index}`;
    const model = MODELS[index % MODELS.length] ?? 'z-image';
    const request = {
      provider: 'apidot',
      model,
      input: inputFor(model, marker),
      owner: `${mark}-owner`,
      key: `${mark}-${index}`,
    };
    for (let attempt = 0; attempt < 20; attempt++) {
      try {
        // Impatient users: every seventh click is a double click.
        const clicks = index % 7 === 0 ? 2 : 1;
        const [task] = await Promise.all(Array.from({ length: clicks }, () => latch.submit(request)));
        if (task !== undefined) ids.add(task.id);
        return count(`submit ${task?.status === 'unclear' ? 'unclear' : 'accepted'}`);
      } catch (error) {
        ears.hear('thrown', error);
        if (isTasklatchError(error) && error.taskId !== undefined) ids.add(error.taskId);
        if (!isTasklatchError(error, 'submit_not_sent'))
          return count(isTasklatchError(error) ? error.code : 'unexpected error');
        count('not sent, tried again');
        await new Promise((resolve) => setTimeout(resolve, 50 + attempt * 50));
      }
    }
    count('given up');
  };
  let next = 0;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (next < tasks) await submitOne(next++);
    }),
  );

  const wrong: string[] = [];
  const end = began + withinMs;
  let open = ids.size;
  while (Date.now() < end) {
    const [unsettled, due] = await Promise.all([countOf(latch, (task) => !isTerminal(task.status)), dueEffects(store)]);
    open = unsettled;
    if (unsettled === 0 && due === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  if (open > 0) wrong.push(`${open} tasks did not settle within ${withinMs / 1000} s`);

  // Late and repeated callbacks, long after: nothing may move any more.
  const reports = emulator.tasks();
  const before = new Map((await everyTask(latch)).map((task) => [task.id, `${task.status} ${task.verdicts}`]));
  for (const report of reports.slice(0, 200))
    if (/finished|failed/.test(report.status)) await emulator.redeliver(report.taskId, 2);
  const seconds = (Date.now() - began) / 1000;

  const statuses: Record<string, number> = {};
  const all = await everyTask(latch);
  const made = new Map<string, number>();
  const truth = new Map(reports.map((report) => [report.taskId, report.status]));
  for (const { marker } of reports) made.set(marker ?? '', (made.get(marker ?? '') ?? 0) + 1);
  for (const [marker, times] of made)
    if (times > 1) wrong.push(`${times} tasks were made for ${marker.replace(mark, 'task')}`);
  const numbers: Record<string, number> = { ...outcomes };
  const add = (name: string, by = 1): void => {
    numbers[name] = (numbers[name] ?? 0) + by;
  };
  for (const task of all) {
    statuses[task.status] = (statuses[task.status] ?? 0) + 1;
    const { effects, entries } = await store.ledger({ taskId: task.id });
    const settled = entries.filter(({ outcome }) => outcome === 'settled');
    const providers = settled.filter(({ fact }) => fact.status !== 'expired').length;
    if (settled.length !== task.verdicts || providers > 1 || task.verdicts < 1)
      wrong.push(`${task.id} settled ${settled.length} times`);
    const was = before.get(task.id);
    if (was !== undefined && was !== `${task.status} ${task.verdicts}` && !was.startsWith('expired'))
      wrong.push(`${task.id} moved after it had settled`);
    for (const effect of effects.filter(({ kind }) => kind === 'settled')) {
      if (effect.state !== 'done') wrong.push(`${task.id} has an effect that is ${effect.state}`);
      const times = runs.get(`${task.id}:settled:${effect.number}:handler-1`) ?? 0;
      const superseded = effect.number < task.verdicts && times === 0;
      if (times !== 1 && !superseded) wrong.push(`the effect of ${task.id} ran ${times} times`);
    }
    const said = task.externalId === null ? undefined : truth.get(task.externalId);
    if (
      task.externalId !== null &&
      (task.status === 'succeeded' || task.status === 'failed') &&
      said !== (task.status === 'succeeded' ? 'finished' : 'failed')
    ) {
      add('verdicts that the provider turned round');
    }
    add('ledger entries', entries.length);
    add(
      'copies of deliveries and checks',
      entries.reduce((sum, { copies }) => sum + copies - 1, 0),
    );
    for (const { outcome } of entries) add(`facts ${outcome}`);
  }
  // A provider that contradicts itself may be heard the second time only, when its first answer was lost on the way.
  const turned = numbers['verdicts that the provider turned round'] ?? 0;
  const flips = emulator.counts().faults['status.flips'] ?? 0;
  if (turned > flips)
    wrong.push(`${turned} tasks have another verdict than the provider's, and it contradicted itself ${flips} times`);
  if (all.length !== ids.size) wrong.push(`${ids.size} tasks were submitted, the store holds ${all.length}`);
  for (const leak of ears.leaks.slice(0, 5)) wrong.push(`something that must stay in came out: ${leak}`);
  const forged = emulator.counts().forgedAnswers;
  numbers['forged tokens refused with 401'] = forged['401'] ?? 0;
  numbers['quarantined, unreadable'] = (await store.ledger({ quarantine: { limit: 100_000 } })).entries.length;
  numbers['effects run'] = [...runs.values()].reduce((sum, times) => sum + times, 0);
  numbers['words overheard'] = ears.heard;
  const counts = emulator.counts();
  Object.assign(numbers, {
    POSTs: counts.submits,
    'tasks made by the provider': counts.tasksMade,
    'callbacks sent': counts.callbacksSent,
    'status checks': counts.statusChecks + counts.musicDetailChecks,
  });

  await latch.stop({ withinMs: 2_000 });
  ears.stop();
  await emulator.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return { tasks, seconds, numbers, statuses, faults: counts.faults, wrong };
}

async function everyTask(latch: { list: ReturnType<typeof createTasklatch>['list'] }): Promise<Task[]> {
  const all: Task[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await latch.list({ limit: 1000, ...(cursor === undefined ? {} : { cursor }) });
    all.push(...page.items);
    if (page.next === null) return all;
    cursor = page.next;
  }
}

const countOf = async (latch: Parameters<typeof everyTask>[0], test: (task: Task) => boolean): Promise<number> =>
  (await everyTask(latch)).filter(test).length;

async function dueEffects(store: TaskStore<unknown>): Promise<number> {
  const due = await Promise.all((['due', 'running'] as const).map((effect) => store.list({ effect, limit: 1000 })));
  const kinds = await Promise.all(
    due.flatMap(({ items }) => items).map(async ({ id }) => (await store.ledger({ taskId: id })).effects),
  );
  // Nobody handles progress here: only the effects of verdicts are waited for.
  return kinds.flat().filter(({ kind, state }) => kind === 'settled' && state !== 'done').length;
}
