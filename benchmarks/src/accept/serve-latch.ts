import { subscribe } from 'node:diagnostics_channel';
import { createTasklatch } from '@tasklatch/core';
import { standardWebhooks } from '@tasklatch/standard-webhooks';
import { openStore } from '../open-store.js';
import type { Services, StoreName } from '../services.js';
import { openTasks } from '../tasks.js';
import { type Framework, serve } from './framework.js';
import type { Receiver } from './receiver.js';
import { SECRET } from './webhook.js';

/** A latch that takes callbacks; its worker is not started, as in an app whose worker is another process. */
export async function serveLatch(
  framework: Framework,
  name: StoreName,
  services: Services,
  space: string,
): Promise<Receiver> {
  const store = (await openStore(name, services, space)).store();
  const provider = standardWebhooks({
    name: 'acme',
    secret: SECRET,
    externalId: 'data.id',
    status: 'type',
    statuses: { 'task.running': 'running', 'task.succeeded': 'succeeded', 'task.failed': 'failed' },
  });
  const latch = createTasklatch({ store, providers: [provider] });
  latch.onSettled(() => {});
  let settled = 0;
  subscribe('tasklatch:settle', () => {
    settled += 1;
  });
  return {
    port: await serve(framework, latch),
    open: (externalIds) => openTasks(store, externalIds),
    settled: () => settled,
  };
}
