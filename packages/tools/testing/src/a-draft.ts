import { randomUUID } from 'node:crypto';
import type { TaskDraft } from '@tasklatch/core';

/** A draft that opens a new task: fresh id and send token, a minute to send, an hour to the deadline. Say what differs. */
export function aDraft(over: Partial<TaskDraft> = {}): TaskDraft {
  return {
    id: `task_${randomUUID()}`,
    provider: 'acme',
    key: null,
    owner: null,
    model: null,
    fingerprint: null,
    expectsCallback: true,
    sendToken: randomUUID(),
    sendWithinMs: 60_000,
    deadlineMs: 3_600_000,
    ...over,
  };
}
