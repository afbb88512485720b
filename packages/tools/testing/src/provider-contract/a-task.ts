import type { Task } from '@tasklatch/core';

/** A task as a provider's `status` and `limits.checks` get it: accepted, and waiting. */
export function aTask(over: Partial<Task> = {}): Task {
  return {
    id: 'task_contract',
    provider: 'contract',
    key: null,
    owner: null,
    model: null,
    fingerprint: null,
    expectsCallback: true,
    status: 'pending',
    externalId: null,
    externalIdHinted: false,
    hinted: false,
    progress: null,
    result: null,
    error: null,
    sends: 1,
    sendToken: 'contract',
    verdicts: 0,
    version: 1,
    createdAt: 0,
    updatedAt: 0,
    settledAt: null,
    deadlineAt: 3_600_000,
    nextCheckAt: 0,
    ...over,
  };
}
