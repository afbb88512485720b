import { createInterface } from 'node:readline';
import { aDraft } from '@tasklatch/testing';
import { sqliteStore } from '../src/index.js';

// Tries to open a task for each line it is given, and prints "written" or the code of the error.
const [file = ''] = process.argv.slice(2);
const store = sqliteStore({ file });
for await (const _line of createInterface(process.stdin)) {
  await store.open(aDraft()).then(
    () => console.log('written'),
    (error: { code?: string }) => console.log(error.code),
  );
}
