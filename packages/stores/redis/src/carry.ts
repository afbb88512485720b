import type { Recorded, StoreLimits, Task } from '@tasklatch/core';
import type { RedisCalls } from './redis-calls.js';
import { asList, asNumber, asTexts } from './reply.js';
import { taskRecordOf } from './task-record.js';
import { tidy } from './tidy.js';
import type { Travel } from './travel.js';

export interface Answer {
  readonly outcome: Recorded['outcome'];
  readonly duplicate: boolean;
  readonly changed: boolean;
  /** As the scripts write it; '' for none. */
  readonly taskId: string;
}

export interface Journey {
  /** By slot. */
  readonly answers: ReadonlyMap<number, Answer>;
  /** Every task that was met, as it was last seen. */
  readonly tasks: ReadonlyMap<string, Task>;
}

/** As the recording scripts take them. */
export const limitArgs = (limits: StoreLimits): readonly string[] =>
  [limits.quarantineEntries, limits.quarantineBytes, limits.ledgerEntries].map(String);

/**
 * Carries facts to their ends, those of one chain in order. Each round asks every shard that is next for some of them; a fact needs at
 * most a few rounds, and with one shard all of them need one.
 */
export async function carry(calls: RedisCalls, limits: StoreLimits, travels: readonly Travel[]): Promise<Journey> {
  const answers = new Map<number, Answer>();
  const tasks = new Map<string, Task>();
  for (let under = travels; under.length > 0; ) {
    const replies = await Promise.all(
      [...nextStops(under)].map(async ([shard, going]) => {
        const args = going.flatMap((one) => [one.chain, one.small, one.learned, one.bare, one.content]);
        const reply = await calls.commit('record', shard, [...limitArgs(limits), ...args]);
        return { going, parts: asList(reply).map(asList) };
      }),
    );
    const after = new Map<Travel, Travel | null>();
    const adopted: Travel[] = [];
    const laters: unknown[] = [];
    for (const { going, parts } of replies) {
      const [said = [], seen = [], onward = [], later = []] = parts;
      going.forEach((travel, index) => {
        after.set(travel, arrive(travel, asTexts(said[index]), answers));
      });
      for (const one of seen) {
        const { task } = taskRecordOf(one);
        tasks.set(task.id, task);
      }
      adopted.push(...onwardTravels(onward));
      laters.push(...later);
    }
    await tidy(calls, laters);
    under = [...under.flatMap((travel) => (after.has(travel) ? (after.get(travel) ?? []) : travel)), ...adopted];
  }
  return { answers, tasks };
}

/** For each shard, what can go there now: of each chain the first facts, as far as they go to the same shard. */
function nextStops(travels: readonly Travel[]): ReadonlyMap<number, readonly Travel[]> {
  const heading = new Map<string, number | null>();
  const stops = new Map<number, Travel[]>();
  for (const travel of travels) {
    const to = heading.get(travel.chain);
    heading.set(travel.chain, to === undefined || to === travel.shard ? travel.shard : null);
    if (to !== undefined && to !== travel.shard) continue;
    const stop = stops.get(travel.shard);
    if (stop === undefined) stops.set(travel.shard, [travel]);
    else stop.push(travel);
  }
  return stops;
}

/** Notes the answer, or says where the fact is now. */
function arrive(travel: Travel, said: readonly string[], answers: Map<number, Answer>): Travel | null {
  const [what, first = '', second = '', third, taskId = ''] = said;
  if (what === 'wait') return travel;
  if (what === 'go') return { ...travel, shard: Number(first), learned: second };
  if (travel.slot !== null) {
    const outcome = first as Answer['outcome']; // carry.lua says nothing else.
    answers.set(travel.slot, { outcome, duplicate: second === '1', changed: third === '1', taskId });
  }
  return null;
}

/** Quarantined facts that a script has begun to adopt and could not finish in its own shard. */
export function onwardTravels(onward: readonly unknown[]): readonly Travel[] {
  return onward.map((one) => {
    const [shard = '', small = '', bare = '', content = '', entry = '', entryShard = '', ...times] = asTexts(one);
    const [at = '', lastAt = '', copies = ''] = times;
    const learned = JSON.stringify({ entry, entryShard, at, lastAt, copies });
    return {
      small,
      bare,
      content,
      slot: null,
      chain: `adopted ${entryShard}.${entry}`,
      shard: asNumber(shard),
      learned,
    };
  });
}
