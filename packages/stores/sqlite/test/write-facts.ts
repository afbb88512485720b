import { randomUUID } from 'node:crypto';
import { aFact } from '@tasklatch/testing';
import { sqliteStore } from '../src/index.js';

// Records first facts of ever new tasks, several batches in flight, and prints each task's id when its record is answered.
const [file = ''] = process.argv.slice(2);
const store = sqliteStore({ file });

async function write(): Promise<never> {
  for (;;) {
    const facts = Array.from({ length: 5 }, () => {
      const id = randomUUID();
      return aFact({ externalId: id, status: 'succeeded', open: { id, deadlineMs: 60_000 } });
    });
    await store.record(facts);
    process.stdout.write(facts.map(({ externalId }) => `${externalId}\n`).join(''));
  }
}
await Promise.all([write(), write(), write()]);
