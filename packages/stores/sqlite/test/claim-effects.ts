import { randomUUID } from 'node:crypto';
import { sqliteStore } from '../src/index.js';

// Waits for a line, then claims and finishes every `settled` effect of provider "acme" it can get, and prints their tasks' ids.
const [file = ''] = process.argv.slice(2);
const store = sqliteStore({ file });
await store.list({ limit: 1 });
console.log('ready');
await new Promise((resolve) => process.stdin.once('data', resolve));
process.stdin.destroy();
for (;;) {
  const leases = await store.claim('effect', {
    claimId: randomUUID(),
    leaseMs: 60_000,
    from: [{ provider: 'acme', limit: 25, kinds: ['settled'] }],
  });
  if (leases.length === 0) break;
  const ended = await Promise.all(leases.map((lease) => store.finish(lease, { kind: 'done' })));
  leases.forEach(({ taskId }, index) => {
    console.log(ended[index] === true ? taskId : `lost ${taskId}`);
  });
}
await store.close();
