import type { Fact, TaskStore } from '@tasklatch/core';
import { aDelivery, aFact } from '@tasklatch/testing';

const BATCH = 64;

/** Opens a task for each `externalId`, as known and pending as a submit leaves it. `over` says what differs. */
export async function openTasks(
  store: TaskStore<unknown>,
  externalIds: readonly string[],
  over: Partial<Fact> = {},
): Promise<void> {
  const facts = externalIds.map((externalId) =>
    aFact({
      externalId,
      status: 'pending',
      source: 'submit',
      open: { id: `task_${externalId}`, deadlineMs: 24 * 3_600_000 },
      checkInMs: 3_600_000,
      ...over,
    }),
  );
  await recordAll(store, facts, BATCH);
}

/** Records facts, `size` in each call, one call after the other. */
export async function recordAll(store: TaskStore<unknown>, facts: readonly Fact[], size: number): Promise<void> {
  for (let at = 0; at < facts.length; at += size) await store.record(facts.slice(at, at + size));
}

/** The fact of a signed delivery that settles the task of this id. */
export function settlingFact(externalId: string): Fact {
  const url = `https://cdn.example.com/results/${externalId}/image-1.png`;
  return aFact({
    externalId,
    status: 'succeeded',
    providerStatus: 'completed',
    result: { files: [{ url, kind: 'image' }], data: { seed: 7, width: 1024, height: 1024 } },
    delivery: aDelivery('', { body: null, authenticity: 'signed', keyId: 'k1' }),
  });
}

let runs = 0;

/** Ids that no run before had. */
export function freshIds(amount: number): readonly string[] {
  runs += 1;
  return Array.from({ length: amount }, (_, index) => `${process.pid}-${runs}-${index}`);
}
