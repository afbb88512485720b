import { setTimeout as rest } from 'node:timers/promises';
import { isTerminal, type TaskStatus } from '@tasklatch/core';
import type { Faults } from '@tasklatch/emulator';
import type { Demo } from './demo-app.js';

interface Scenario {
  readonly name: string;
  readonly faults: Faults;
  readonly ends: TaskStatus;
  /** What else must be true, said when it is not. */
  readonly expects?: (seen: Row) => string | undefined;
}

export interface Row {
  readonly scenario: string;
  readonly deliveries: number;
  readonly refused: number;
  readonly facts: number;
  readonly copies: number;
  readonly effects: number;
  readonly settledBy: string;
  readonly status: string;
  readonly wrong: string;
}

const scenarios: readonly Scenario[] = [
  { name: 'all is well', faults: {}, ends: 'succeeded' },
  {
    name: 'the callback comes 5 times',
    faults: { callback: { duplicate: 1, copies: 5 } },
    ends: 'succeeded',
    expects: ({ deliveries }) => (deliveries === 5 ? undefined : 'not 5 deliveries'),
  },
  {
    name: 'the callback is lost',
    faults: { callback: { lost: 1 } },
    ends: 'succeeded',
    expects: ({ deliveries }) => (deliveries === 0 ? undefined : 'a delivery came'),
  },
  {
    name: 'the callback comes before the answer',
    faults: { callback: { early: 1 }, submit: { slow: 1, slowMs: 800 } },
    ends: 'succeeded',
  },
  {
    name: 'callbacks are forged',
    faults: { callback: { forged: 1 } },
    ends: 'succeeded',
    expects: ({ refused }) => (refused >= 1 ? undefined : 'no forgery was refused'),
  },
  { name: 'the callback lies', faults: { callback: { lying: 1 } }, ends: 'succeeded' },
  { name: 'callbacks are out of order', faults: { callback: { reordered: 1, stale: 1 } }, ends: 'succeeded' },
  { name: 'two ends contradict each other', faults: { callback: { contradicting: 1 } }, ends: 'succeeded' },
  { name: 'the callback cannot be read', faults: { callback: { malformed: 1 } }, ends: 'succeeded' },
  { name: 'the task fails', faults: { task: { fails: 1 } }, ends: 'failed' },
  { name: 'the answer to the submit is lost', faults: { submit: { resetAfter: { first: 1 } } }, ends: 'succeeded' },
  { name: 'turned away at first (429)', faults: { submit: { rateLimit: { first: 2 } } }, ends: 'succeeded' },
  { name: 'the status knows later than the callback', faults: { status: { lagMs: 1_500 } }, ends: 'succeeded' },
  { name: 'a status nobody documented', faults: { status: { unknownStatus: { first: 1 } } }, ends: 'succeeded' },
];

/** Runs every scenario at once through the real app and tells what came of each. */
export async function runScenarios(demo: Demo): Promise<readonly Row[]> {
  return Promise.all(scenarios.map((scenario, index) => runOne(demo, scenario, index)));
}

async function runOne(demo: Demo, { ends, expects, faults, name }: Scenario, index: number): Promise<Row> {
  const marker = `scenario-${index}-${Date.now()}`;
  // Two clicks on the same button: one key, one task.
  await demo.emulator.script(marker, faults);
  const [id] = await Promise.all([
    demo.wish(`a paper boat, scenario ${index}`, 'image', new Set(), marker),
    demo.wish(`a paper boat, scenario ${index}`, 'image', new Set(), marker),
  ]);
  for (const end = Date.now() + 60_000; Date.now() < end; await rest(100)) {
    const task = await demo.latch.get({ id });
    const { effects } = await demo.latch.ledger({ taskId: id });
    if (
      task !== undefined &&
      isTerminal(task.status) &&
      effects.some(({ kind, state }) => kind === 'settled' && state === 'done')
    )
      break;
  }
  // Whatever else the provider sends comes within this time.
  await rest(1_000);
  const task = await demo.latch.get({ id });
  const { effects, entries } = await demo.latch.ledger({ taskId: id });
  const report = await demo.emulator.task(marker);
  const callbacks = report?.callbacks ?? [];
  const settled = entries.filter(({ outcome }) => outcome === 'settled');
  const row: Row = {
    scenario: name,
    deliveries: callbacks.filter(({ status }) => status === 200).length,
    refused: callbacks.filter(({ status }) => status === 401).length,
    facts: entries.length,
    copies: entries.reduce((sum, { copies }) => sum + copies, 0),
    effects: effects.filter(({ kind }) => kind === 'settled').reduce((sum, { runs }) => sum + runs, 0),
    settledBy: settled.map(({ fact }) => fact.source).join(', '),
    status: task?.status ?? 'gone',
    wrong: '',
  };
  const wrong = [
    row.status === ends ? undefined : `ended ${row.status}, not ${ends}`,
    row.effects === 1 && demo.ran.get(id) === 1 ? undefined : `the effect ran ${row.effects} times`,
    settled.length === 1 ? undefined : `it settled ${settled.length} times`,
    report?.callbacks.some(({ status }) => typeof status === 'number' && status >= 500) === true
      ? 'a callback was answered 5xx'
      : undefined,
    expects?.(row),
  ].filter((one) => one !== undefined);
  return { ...row, wrong: wrong.join('; ') };
}

export function tableOf(rows: readonly Row[]): string {
  const columns = [
    'scenario',
    'deliveries',
    'refused',
    'facts',
    'copies',
    'effects',
    'settledBy',
    'status',
    'wrong',
  ] as const;
  const heads: Record<(typeof columns)[number], string> = {
    scenario: 'scenario',
    deliveries: 'deliveries',
    refused: 'refused',
    facts: 'facts',
    copies: 'copies',
    effects: 'effects',
    settledBy: 'settled by',
    status: 'ended',
    wrong: '',
  };
  const widths = columns.map((column) =>
    Math.max(heads[column].length, ...rows.map((row) => String(row[column]).length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => (/^\d+$/.test(cell) ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0)))
      .join('  ')
      .trimEnd();
  return [
    line(columns.map((column) => heads[column])),
    line(widths.map((width) => '─'.repeat(width))),
    ...rows.map((row) => line(columns.map((column) => String(row[column])))),
  ].join('\n');
}
