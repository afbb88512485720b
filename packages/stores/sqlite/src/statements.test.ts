import { aDraft } from '@tasklatch/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TempFile, tempFile } from '../test/temp-file.js';
import { listStatement } from './list.js';
import { sqliteStore } from './sqlite-store.js';
import { STATEMENTS } from './statements.js';

let temp: TempFile;

beforeAll(async () => {
  temp = await tempFile();
  const store = sqliteStore({ file: temp.file });
  await store.open(aDraft());
  await store.close();
});

afterAll(() => temp.remove());

const FILTERS = ['owner', 'provider', 'status', 'open', 'done', 'cursor'];
const LISTS = [[], ...FILTERS.map((name) => [name]), FILTERS].map((asked): [string, string] => [
  `list by ${asked.join(' and ') || 'nothing'}`,
  listStatement(Object.fromEntries(asked.map((name) => [name, [1]]))),
]);
const ALL = [...STATEMENTS].filter(([name]) => name !== 'list').concat(LISTS);

/** These go along an index, or the order of arrival, and stop at their limit. */
const WALKS: Record<string, string> = {
  quarantined: 'SCAN tasklatch_quarantine',
  'list by nothing': 'SCAN task USING INDEX tasklatch_task_created',
  'list by done': 'SCAN task USING INDEX tasklatch_task_created',
};

const planOf = (sql: string): string[] =>
  temp.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).map(({ detail }) => detail);

// SQLite plans without looking at how much there is, so an empty file shows the plans of a large one.
it.each(ALL)('never walks through a whole table: %s', (name, sql) => {
  expect(planOf(sql).filter((step) => step.startsWith('SCAN'))).toEqual(WALKS[name] === undefined ? [] : [WALKS[name]]);
});

it('finds the contents to purge without walking over settled tasks that have none', () => {
  expect(planOf(STATEMENTS.get('tasksWithContent') ?? '')).toEqual([
    'SEARCH tasklatch_task USING INDEX tasklatch_task_content (settled_at<?)',
  ]);
});
