import type { RawDelivery } from '@tasklatch/core';
import type { DeliverySample } from './contract-options.js';

/** The request of a sample, as the core hands it to a provider. */
export function deliveryOf(sample: Omit<DeliverySample, 'name' | 'authenticity' | 'expect'>): RawDelivery {
  const headers = new Map(Object.entries(sample.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    method: sample.method ?? 'POST',
    path: sample.path ?? '/',
    header: (name) => headers.get(name.toLowerCase()),
    body: new Uint8Array(Buffer.from(sample.body)),
    exact: true,
    receivedAt: sample.receivedAt ?? Date.now(),
    taskId: sample.taskId === undefined ? 'task_contract' : sample.taskId,
  };
}
