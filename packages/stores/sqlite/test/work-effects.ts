import { randomUUID } from 'node:crypto';
import { isTasklatchError } from '@tasklatch/core';
import { sqliteStore } from '../src/index.js';

// Runs every `settled` effect of provider "acme" it can get, each in a transaction that writes the task's id to `words`; prints the id
// when that is committed. Ends when there are no more.
const [file = '', leaseMs = '60000'] = process.argv.slice(2);
const store = sqliteStore({ file });
const want = { leaseMs: Number(leaseMs), from: [{ provider: 'acme', limit: 20, kinds: ['settled'] }] } as const;

for (let idle = 0; idle < 5; idle += 1) {
  const leases = await store.claim('effect', { ...want, claimId: randomUUID() });
  for (const lease of leases) {
    idle = 0;
    try {
      await store.transact(lease, { kind: 'done' }, async (tx) => {
        const database = await tx.begin();
        database.prepare('INSERT INTO words VALUES (?)').run(lease.taskId);
        // A turn of the event loop with the transaction open, for the kill to hit.
        await new Promise((resolve) => setImmediate(resolve));
      });
      console.log(lease.taskId);
    } catch (error) {
      if (!isTasklatchError(error, 'lease_lost')) throw error;
    }
  }
  if (leases.length === 0)
    await new Promise((resolve) => setTimeout(resolve, Number(leaseMs) < 1000 ? Number(leaseMs) : 20));
}
await store.close();
