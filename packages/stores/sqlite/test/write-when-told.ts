import { createInterface } from 'node:readline';
import { aDraft } from '@tasklatch/testing';
import { openFile } from '../src/driver.js';
import { sqliteStore } from '../src/index.js';

// Tries to open a task for each line it is given, and prints "written" or the code of the error. Not as root, who may write everywhere.
const [file = ''] = process.argv.slice(2);
// Everything is loaded before that user might not be able to read it.
openFile(':memory:');
if (process.getuid?.() === 0) {
  process.setgid?.(65534);
  process.setuid?.(65534);
}
const store = sqliteStore({ file });
for await (const _line of createInterface(process.stdin)) {
  await store.open(aDraft()).then(
    () => console.log('written'),
    (error: { code?: string }) => console.log(error.code),
  );
}
