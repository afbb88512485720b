import { randomUUID } from 'node:crypto';
import type { TaskStore } from '@tasklatch/core';
import { aFact } from '@tasklatch/testing';

/** Makes so many tasks of provider "acme" that have settled and whose effect is due. Answers their ids. */
export async function seedEffects(store: Pick<TaskStore, 'record'>, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  for (let at = 0; at < count; at += 100) {
    await store.record(
      ids
        .slice(at, at + 100)
        .map((id) => aFact({ externalId: id, status: 'succeeded', open: { id, deadlineMs: 60_000 } })),
    );
  }
  return ids;
}
