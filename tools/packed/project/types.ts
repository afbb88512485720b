// What the types must allow, and must not: compiled only.
import { createTasklatch, memoryStore, TasklatchError, type TaskView } from '@tasklatch/core';
import { expressTasks } from '@tasklatch/express';
import { sqliteStore } from '@tasklatch/sqlite';

const inMemory = createTasklatch({ store: memoryStore(), providers: [] });
const inSqlite = createTasklatch({ store: sqliteStore({ file: 'tasks.db' }), providers: [] });

inSqlite.onSettled(async (_task, { tx }) => {
  const db = await tx.begin();
  db.prepare('select 1').all();
});
inMemory.onSettled(async (task, { tx }) => {
  const none: undefined = tx;
  const status: TaskView['status'] = task.status;
  return void [none, status];
});

// @ts-expect-error a status is one of a closed set
inMemory.list({ status: 'done' });
// @ts-expect-error whom tasks belong to must be said
expressTasks(inMemory, {});
// @ts-expect-error codes are a closed set
new TasklatchError('oops', 'not a code');
