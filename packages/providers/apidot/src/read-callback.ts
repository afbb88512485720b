import { type ProviderFact, type RawDelivery, unparseable } from '@tasklatch/core';
import { readJson } from './read-json.js';
import { readTask } from './task-message.js';

/** The fact in a callback body, flat or wrapped. Throws `unparseable` for any other body. */
export function readCallback(delivery: RawDelivery): readonly ProviderFact[] {
  const read = readTask(jsonIn(delivery.body));
  if (read === undefined)
    throw unparseable('The body is no APIDot task: no task_id, or a shape that is not documented.');
  // An error code beside anything but a failure contradicts itself; a person should look.
  if (read.errorCode !== null && read.fact.status !== 'failed') {
    throw unparseable('The body holds an error code beside a task that did not fail.');
  }
  return [read.fact];
}

function jsonIn(bytes: Uint8Array): unknown {
  try {
    return readJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw unparseable('The body is not JSON in UTF-8, or is nested too deep.');
  }
}
