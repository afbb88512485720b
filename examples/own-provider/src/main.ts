import { providerApp, serveLoopback } from '@tasklatch/testing';
import { luma } from './luma.js';
import { lumaStandIn } from './luma-stand-in.js';

// Against a stand-in on this machine, so that it runs without an account. In an app: createTasklatch({ providers: [luma({ apiKey })], … }).
const api = await serveLoopback(lumaStandIn(500));
const app = await providerApp(luma({ apiKey: 'no-account-needed', baseUrl: api.origin }));
const input = { kind: 'video', prompt: 'a paper boat on a canal' };
const { id } = await app.latch.submit({ provider: 'luma', model: 'ray-2', input, key: 'order-1' });
for await (const task of app.latch.watch(id)) console.log(task.status, task.result?.files.length ?? 0, 'files');
await app.close();
await api.close();
