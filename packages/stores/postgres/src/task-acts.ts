import {
  type EffectRecord,
  type Ledger,
  type Opened,
  type Outcome,
  type Recorded,
  type StoreLimits,
  type Task,
  TasklatchError,
  type TaskStore,
} from '@tasklatch/core';
import type { Call } from './caller.js';
import { cursorAfter, readCursor } from './cursor.js';
import { escapeText } from './escape-text.js';
import type { News } from './notifier.js';
import { packFact } from './pack-fact.js';
import { readEffect, readEntry, readTask, type StoredEntry } from './read-answer.js';

type TaskActs = Pick<TaskStore, 'open' | 'record' | 'get' | 'list' | 'ledger' | 'purge'>;
type Said = readonly [outcome: Outcome, duplicate: boolean, changed: boolean, woken: boolean, taskId: string | null];

/** In one transaction: a fact about a task that is being purged waits for no more than this. */
const PURGED_AT_ONCE = 50;

/** The acts about tasks and what was said. Each is one call of a function in the schema. */
export function taskActs(call: Call, limits: StoreLimits, tell: (news: readonly News[]) => void): TaskActs {
  const { ledgerEntries, quarantineEntries, quarantineBytes } = limits;
  const bounds = [ledgerEntries, quarantineEntries, quarantineBytes].map(String);

  /** The answer as JSON. Its shape is the function's business, in the migrations. */
  const ask = async <T>(name: string, params: readonly (string | null)[]): Promise<T> =>
    JSON.parse((await call(name, params)) ?? 'null') as T;

  return {
    async open(draft) {
      const packed = JSON.stringify({
        id: escapeText(draft.id),
        provider: escapeText(draft.provider),
        key: escapeText(draft.key),
        owner: escapeText(draft.owner),
        model: escapeText(draft.model),
        fingerprint: escapeText(draft.fingerprint),
        expects_callback: draft.expectsCallback,
        send_token: escapeText(draft.sendToken),
        send_within_ms: draft.sendWithinMs,
        deadline_ms: draft.deadlineMs,
      });
      const answer = await ask<Opened & { woken: boolean }>('open_v1', [packed, String(ledgerEntries)]);
      const task = readTask(answer.task);
      if (answer.created) tell([['task', task.id]]);
      if (answer.woken) tell([['effect', task.id]]);
      return { task, created: answer.created, send: answer.send };
    },

    async record(facts) {
      if (facts.length === 0) return [];
      const packed = JSON.stringify(facts.map(packFact));
      const answer = await ask<{ now: number; said: Said[]; tasks: Task[] | null }>('record_v1', [packed, ...bounds]);
      const tasks = new Map(answer.tasks?.map((task) => [task.id, readTask(task)]));
      const taskOf = (id: string | null): Task | null => (id === null ? null : (tasks.get(id) ?? null));
      tell(answer.said.flatMap(([, , changed, woken, id]) => newsOf(taskOf(id), changed, woken, answer.now)));
      return answer.said.map(
        ([outcome, duplicate, changed, , id]): Recorded => ({ outcome, duplicate, changed, task: taskOf(id) }),
      );
    },

    async get(ref) {
      const asked =
        'id' in ref
          ? ask<Task | null>('get_v1', [escapeText(ref.id)])
          : ask<Task | null>('find_v1', [escapeText(ref.provider), escapeText(ref.externalId)]);
      const task = await asked;
      return task === null ? undefined : readTask(task);
    },

    async list({ owner, provider, status, effect, limit = 50, cursor }) {
      const most = Math.min(Math.max(limit, 1), 1000);
      const found = await ask<Task[]>('list_v1', [
        escapeText(owner ?? null),
        escapeText(provider ?? null),
        status ?? null,
        effect ?? null,
        String(most),
        ...readCursor(cursor),
      ]);
      const items = found.slice(0, most).map(readTask);
      const last = items.at(-1);
      return { items, next: found.length > most && last !== undefined ? cursorAfter(last) : null };
    },

    async ledger(ref): Promise<Ledger> {
      if ('quarantine' in ref) {
        const { provider, limit = 100 } = ref.quarantine;
        const entries = await ask<StoredEntry[]>('quarantine_v1', [
          escapeText(provider ?? null),
          String(Math.max(limit, 0)),
        ]);
        return { entries: entries.map(readEntry), effects: [], dropped: 0 };
      }
      const { entries, effects, dropped } = await ask<{
        entries: StoredEntry[];
        effects: EffectRecord[];
        dropped: number;
      }>('ledger_v1', [escapeText(ref.taskId)]);
      return { entries: entries.map(readEntry), effects: effects.map(readEffect), dropped };
    },

    async purge({ settledForMs, abandonedForMs, quarantinedForMs, contentForMs, discard, limit = 500 }) {
      if (discard !== undefined) {
        const ids = discard.filter((id) => /^q\d{1,18}$/.test(id));
        return ids.length === 0 ? 0 : ask<number>('discard_v1', [ids.join()]);
      }
      const times = [settledForMs, abandonedForMs, quarantinedForMs, contentForMs].map((ms) =>
        Number.isFinite(ms) ? String(ms) : null,
      );
      if (limit < 0) throw new TasklatchError('invalid_request', 'The limit of a purge is a number of rows, from 0.');
      let gone = 0;
      while (gone < limit) {
        const most = Math.min(PURGED_AT_ONCE, limit - gone);
        const count = await ask<number>('purge_v1', [...times, String(most)]);
        gone += count;
        if (count < most) break;
      }
      return gone;
    },
  };
}

function newsOf(task: Task | null, changed: boolean, woken: boolean, now: number): News[] {
  if (task === null) return [];
  const news: News[] = [];
  if (changed) news.push(['task', task.id]);
  if (woken) news.push(['effect', task.id]);
  if (task.nextCheckAt !== null && task.nextCheckAt <= now) news.push(['check', task.id]);
  return news;
}
