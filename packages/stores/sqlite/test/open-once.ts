import { aDraft } from '@tasklatch/testing';
import { sqliteStore } from '../src/index.js';

// Says "ready", waits for a line, then opens the file for the first time and a task in it, and prints the task's id.
const [file = ''] = process.argv.slice(2);
console.log('ready');
await new Promise((resolve) => process.stdin.once('data', resolve));
process.stdin.destroy();
const store = sqliteStore({ file });
const { task } = await store.open(aDraft());
console.log(task.id);
await store.close();
