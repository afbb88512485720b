import type { PurgeQuery } from '@tasklatch/core';
import type { Act } from './act.js';
import { discardQuarantined } from './quarantine.js';
import type { Writer } from './writer.js';

/** In each transaction, so that writes in between wait for milliseconds at most. */
const STEP = 25;

export async function purge(writer: Writer, query: PurgeQuery): Promise<number> {
  const { discard, limit = 500 } = query;
  if (discard !== undefined) return writer.write(({ db }) => discardQuarantined(db, discard));
  let gone = 0;
  for (const act of [purgeTasks, purgeQuarantine, purgeContents]) {
    for (let room = limit - gone; room > 0; room = limit - gone) {
      const want = Math.min(room, STEP);
      const went = await writer.write((within) => act(within, query, want));
      gone += went;
      if (went < want) break;
    }
  }
  return gone;
}

function purgeTasks({ db, now }: Act, query: PurgeQuery, limit: number): number {
  const old = [now - query.settledForMs, now - query.abandonedForMs, now, limit] as const;
  const tasks = db.all<{ readonly id: string }>('purgeableTasks', ...old);
  for (const { id } of tasks) {
    for (const statement of ['deleteEffects', 'deleteEntries', 'deleteTask']) db.all(statement, id);
  }
  return tasks.length;
}

const purgeQuarantine = ({ db, now }: Act, query: PurgeQuery, limit: number): number =>
  db.all('purgeQuarantined', now - query.quarantinedForMs, limit).length;

/** The entries stay, and so does what the task itself says. */
function purgeContents({ db, now }: Act, query: PurgeQuery, limit: number): number {
  const { contentForMs = Number.POSITIVE_INFINITY } = query;
  const tasks = db.all<{ readonly id: string }>('tasksWithContent', now - contentForMs, limit);
  for (const { id } of tasks) {
    for (const statement of ['deleteContents', 'markWithoutContent']) db.all(statement, id);
  }
  return tasks.length;
}
