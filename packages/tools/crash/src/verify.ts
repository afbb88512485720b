import { causeOf, isTerminal, type Ledger, type Task, type TaskStore } from '@tasklatch/core';
import type { TaskReport } from '@tasklatch/emulator';
import type { WorkerTime } from './worker-time.js';

/** What is known from outside the processes that were killed. */
export interface Evidence {
  readonly store: Pick<TaskStore, 'list' | 'ledger'>;
  /** Submits answered with 200, by key. */
  readonly answered: ReadonlyMap<string, { readonly id: string; readonly externalId: string | null }>;
  readonly keys: readonly string[];
  readonly providerTasks: readonly TaskReport[];
  /** How often each effect key was heard of. */
  readonly heard: ReadonlyMap<string, number>;
  /** How often each effect key was written in the transaction of its effect; null where effects have none. */
  readonly written: ReadonlyMap<string, number> | null;
  readonly workers: Pick<WorkerTime, 'between'>;
}

export interface Findings {
  readonly counts: Readonly<Record<string, number>>;
  /** Sentences; empty when every promise held. */
  readonly broken: readonly string[];
}

/** A task that has been told of its end must not expire when there were workers to look into it for so long before its deadline. */
const TOLD_IN_TIME_MS = 20_000;

export async function verify(evidence: Evidence): Promise<Findings> {
  const counts: Record<string, number> = {};
  const broken: string[] = [];
  const count = (what: string, by = 1): void => {
    counts[what] = (counts[what] ?? 0) + by;
  };
  const tasks = await allTasks(evidence.store);
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const byExternalId = new Map(tasks.map((task) => [task.externalId, task]));
  const ledgers = new Map<string, Ledger>();
  for (const { id } of tasks) ledgers.set(id, await evidence.store.ledger({ taskId: id }));

  count('submit keys', evidence.keys.length);
  count('tasks', tasks.length);
  if (new Set(tasks.map(({ key }) => key)).size !== tasks.length) broken.push('a submit key has two tasks');
  for (const [key, { id, externalId }] of evidence.answered) {
    count('submits answered 200');
    const task = byId.get(id);
    if (task?.key !== key) broken.push(`${key} was answered 200, and its task is gone`);
    else if (externalId !== null && task.externalId !== externalId) broken.push(`${key} lost its external id`);
  }
  for (const report of evidence.providerTasks) {
    count('tasks made by the provider');
    if (report.submits > 1) broken.push(`${report.marker} was sent ${report.submits} times`);
    const kept = callbacksKept(report, byExternalId, ledgers);
    const accepted = report.callbacks.filter(({ status }) => typeof status === 'number' && status < 300);
    count('callbacks sent', report.callbacks.length);
    count('callbacks answered 2xx', accepted.length);
    count('callbacks in the ledger', kept);
    if (kept < accepted.length)
      broken.push(`${report.marker}: ${accepted.length} callbacks were answered 2xx, ${kept} are in the ledger`);
    const task = byExternalId.get(report.taskId);
    const [told] = accepted;
    if (task?.status !== 'expired' || told === undefined) continue;
    if (evidence.workers.between(told.at, task.deadlineAt) > TOLD_IN_TIME_MS)
      broken.push(`${task.id} was told of its end, and expired`);
  }
  for (const task of tasks) {
    count(`tasks ${task.status}`);
    if (!isTerminal(task.status)) broken.push(`${task.id} never settled`);
    const { effects, entries } = ledgers.get(task.id) ?? { effects: [], entries: [] };
    if (entries.filter(({ outcome }) => outcome === 'settled').length !== task.verdicts)
      broken.push(`${task.id}: its ledger does not show its ${task.verdicts} verdicts`);
    for (const effect of effects) {
      if (causeOf(effect.kind) !== 'settled') continue;
      count('effects');
      count('effects begun again after a crash', Math.max(effect.runs - 1, 0));
      if (effect.state !== 'done') broken.push(`${task.id}: ${effect.kind} ${effect.number} is ${effect.state}`);
    }
    for (let verdict = 1; verdict <= task.verdicts; verdict += 1)
      broken.push(...handlerTrouble(task, verdict, evidence, count));
  }
  return { counts, broken };
}

function handlerTrouble(
  task: Task,
  verdict: number,
  { heard, written }: Evidence,
  count: (what: string, by?: number) => void,
): string[] {
  const key = `${task.id}:settled:${verdict}`;
  const told = heard.get(`${key}:at-least-once`) ?? 0;
  const rows = written === null ? null : (written.get(`${key}:exactly-once`) ?? 0);
  if (told > 1) count('effects told more than once, with one key');
  if (rows === 1) count('effects written in their transaction');
  const trouble: string[] = [];
  // An `expired` that was replaced before its effect ran has none to show.
  const superseded = verdict < task.verdicts;
  if (told === 0 && !superseded) trouble.push(`${key} did not run`);
  if (rows !== null && (rows > 1 || (rows === 0 && !superseded)))
    trouble.push(`${key} was written ${rows} times in its transaction`);
  return trouble;
}

/** How many deliveries with the provider's task id the ledger shows, copies counted. */
function callbacksKept(
  { taskId }: TaskReport,
  tasks: ReadonlyMap<string | null, Task>,
  ledgers: ReadonlyMap<string, Ledger>,
): number {
  const entries = ledgers.get(tasks.get(taskId)?.id ?? '')?.entries ?? [];
  return entries.filter(({ fact }) => fact.source === 'delivery').reduce((sum, { copies }) => sum + copies, 0);
}

async function allTasks(store: Pick<TaskStore, 'list'>): Promise<readonly Task[]> {
  const tasks: Task[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.list({ limit: 500, ...(cursor === undefined ? {} : { cursor }) });
    tasks.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return tasks;
}
