import { randomUUID } from 'node:crypto';
import { aFact } from '@tasklatch/testing';
import { levelStore } from './level-store.js';

// Records ever new tasks, and prints the id of each when it is answered for. When a write fails, says so and opens the store anew.
const [folder = ''] = process.argv.slice(2);
for (;;) {
  const store = await levelStore({ folder });
  try {
    for (;;) {
      const id = randomUUID();
      const said = { externalId: id, status: 'succeeded', providerStatus: 'x'.repeat(1000) } as const;
      await store.record([aFact({ ...said, open: { id, deadlineMs: 60_000 } })]);
      console.log(id);
    }
  } catch {
    console.log('failed');
  }
}
