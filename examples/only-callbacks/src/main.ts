import { createTasklatch } from '@tasklatch/core';
import { expressCallbacks } from '@tasklatch/express';
import { sqliteStore } from '@tasklatch/sqlite';
import { standardWebhooks } from '@tasklatch/standard-webhooks';
import express from 'express';

const { EVENTS_FILE = 'events.db', PORT = '3000', WEBHOOK_SECRET } = process.env;

const latch = createTasklatch({
  store: sqliteStore({ file: EVENTS_FILE }),
  // For Stripe, GitHub and others: `signature: stripeSignature({ secret })`, and `externalId: 'id'`, where the id of an event is.
  providers: [standardWebhooks({ name: 'billing', secret: WEBHOOK_SECRET })],
  unknownTasks: 'open',
});

// Once for each event, however often and in whatever order its copies come, and through any crash: the row is written in the transaction
// that marks the event as done.
latch.onSettled(async (task, { tx }) => {
  const db = await tx.begin();
  db.exec('create table if not exists events (id text primary key, body text not null)');
  db.prepare('insert into events (id, body) values (?, ?)').run(task.externalId, JSON.stringify(task.result?.data));
  console.log('handled', task.externalId);
});

const app = express();
app.use('/webhooks', expressCallbacks(latch));
const server = app.listen(Number(PORT), () => console.log(`Webhooks at http://127.0.0.1:${PORT}/webhooks/billing`));
await latch.start();

process.once('SIGTERM', async () => {
  await latch.stop();
  server.close(() => process.exit(0));
});
