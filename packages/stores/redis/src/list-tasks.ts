import { type Page, type Task, TasklatchError, type TaskQuery, type TaskStatus } from '@tasklatch/core';
import type { RedisCalls } from './redis-calls.js';
import { asList, asTexts } from './reply.js';
import { type TaskRecord, taskRecordOf } from './task-record.js';
import { escapeText, unescapeText } from './text.js';

/** A place in the order of `list`: newest first, and by id among tasks of the same millisecond. The id as the scripts write it. */
interface Place {
  readonly at: number;
  readonly id: string;
}

const STATUSES: readonly TaskStatus[] = [
  ...(['submitting', 'unclear', 'pending', 'running'] as const),
  ...(['succeeded', 'failed', 'canceled', 'expired'] as const),
];
const MOST_AT_ONCE = 1000;

export async function listTasks(calls: RedisCalls, query: TaskQuery): Promise<Page<Task>> {
  const limit = Math.min(Math.max(query.limit ?? 50, 1), MOST_AT_ONCE);
  const found: Task[] = [];
  let after = query.cursor === undefined ? undefined : placeOf(query.cursor);
  // One more than asked for, to know whether there is a next page. A rare filter looks at more and more tasks at once.
  for (let count = limit + 1; found.length <= limit; count = Math.min(count * 2, MOST_AT_ONCE)) {
    const places = await newest(calls, setsOf(query), after, count);
    if (places.length === 0) break;
    const records = await readTasks(calls, places);
    found.push(...records.filter((record) => matches(record, query)).map(({ task }) => task));
    after = places.at(-1);
  }
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, next: found.length > limit && last !== undefined ? `${last.createdAt}.${last.id}` : null };
}

/** The smallest sorted sets that hold everything the query wants. */
function setsOf(query: TaskQuery): readonly string[] {
  if (query.owner !== undefined) return [`owner:${escapeText(query.owner)}`];
  // Nearly every task has an effect that is done: no set of its own.
  if (query.effect !== undefined && query.effect !== 'done') return [`effect:${query.effect}`];
  return (query.status === undefined ? STATUSES : [query.status]).map((status) => `status:${status}`);
}

const matches = ({ task, effects }: TaskRecord, query: TaskQuery): boolean =>
  (query.owner === undefined || task.owner === query.owner) &&
  (query.provider === undefined || task.provider === query.provider) &&
  (query.status === undefined || task.status === query.status) &&
  (query.effect === undefined || effects[query.effect] > 0);

/** The next `count` places after `after`, over all shards. */
async function newest(
  calls: RedisCalls,
  sets: readonly string[],
  after: Place | undefined,
  count: number,
): Promise<readonly Place[]> {
  const args = [after === undefined ? '+inf' : String(after.at), String(count), ...sets];
  const replies = await Promise.all(calls.shards.all.map((shard) => calls.run('list', shard, args)));
  const places = new Map<string, Place>();
  for (const flat of replies.map(asTexts)) {
    for (let at = 0; at < flat.length; at += 2) {
      const place = { id: flat[at] ?? '', at: Number(flat[at + 1]) };
      // By id: a task may have moved from one set to another while we looked.
      if (after === undefined || order(after, place) < 0) places.set(place.id, place);
    }
  }
  return [...places.values()].sort(order).slice(0, count);
}

/** As Redis orders a sorted set from its end: by score, then by the bytes of the member. */
const order = (a: Place, b: Place): number => b.at - a.at || Buffer.compare(Buffer.from(b.id), Buffer.from(a.id));

async function readTasks(calls: RedisCalls, places: readonly Place[]): Promise<readonly TaskRecord[]> {
  const byShard = new Map<number, string[]>();
  for (const { id } of places) {
    const shard = calls.shards.ofTask(unescapeText(id));
    byShard.set(shard, [...(byShard.get(shard) ?? []), id]);
  }
  const replies = await Promise.all([...byShard].map(([shard, ids]) => calls.run('read', shard, ids)));
  const records = replies.flatMap(asList).map(taskRecordOf);
  const byId = new Map(records.map((record) => [escapeText(record.task.id), record]));
  return places.flatMap(({ id }) => byId.get(id) ?? []);
}

function placeOf(cursor: string): Place {
  const dot = cursor.indexOf('.');
  const at = Number(cursor.slice(0, dot));
  if (dot < 1 || !Number.isSafeInteger(at)) {
    throw new TasklatchError(
      'invalid_request',
      'The cursor is not one that `list` gave: pass `next` of the page before, unchanged.',
    );
  }
  return { at, id: escapeText(cursor.slice(dot + 1)) };
}
