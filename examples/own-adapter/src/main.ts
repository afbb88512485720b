import { server as hapi } from '@hapi/hapi';
import { createTasklatch, memoryStore } from '@tasklatch/core';
import { scriptedProvider } from '@tasklatch/testing';
import { hapiTasklatch } from './hapi-tasklatch.js';

// Stands in for an API on this machine: believes whoever knows the callback URL.
const acme = scriptedProvider({ name: 'acme', confirm: 'never' });
const { PORT = '3000' } = process.env;
const url = `http://127.0.0.1:${PORT}`;
const latch = createTasklatch({
  store: memoryStore(),
  providers: [acme],
  callbacks: { baseUrl: `${url}/callbacks`, secret: 'only for this example, 32 characters' },
});

const app = hapi({ host: '127.0.0.1', port: Number(PORT) });
await app.register({
  plugin: hapiTasklatch,
  options: {
    latch,
    callbacksAt: '/callbacks',
    tasksAt: '/tasks',
    owner: ({ headers }) => String(headers['x-user'] ?? ''),
  },
});
await app.start();
await latch.start();

const task = await latch.submit({ provider: 'acme', input: {}, owner: 'ann' });
console.log(`hapi at ${url}. Watch the task, and settle it as its provider would:

  curl -N ${url}/tasks/${task.id}/events -H 'x-user: ann'
  curl ${latch.callbackUrl('acme', task.id)} -d '{"status":"succeeded"}'
`);
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void latch.stop().then(() => app.stop({ timeout: 1_000 })));
