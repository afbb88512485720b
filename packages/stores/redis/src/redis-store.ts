import {
  type CheckLease,
  type ClaimOptions,
  DEFAULT_STORE_LIMITS,
  type EffectLease,
  type Lease,
  type StoreLimits,
  type Task,
  type TaskDraft,
  TasklatchError,
  type TaskStore,
} from '@tasklatch/core';
import { carry, limitArgs, onwardTravels } from './carry.js';
import { claimWork } from './claim-work.js';
import { fsyncConfirm } from './durability.js';
import { listTasks } from './list-tasks.js';
import { purgeOld } from './purge-old.js';
import { readLedger, readQuarantine } from './read-ledger.js';
import { redisCalls } from './redis-calls.js';
import { asList, asText } from './reply.js';
import type { SendCommand } from './send-command.js';
import { shardsOf } from './shards.js';
import type { Subscribe } from './subscribe.js';
import { taskRecordOf } from './task-record.js';
import { escapeOptional, escapeText, flag, unescapeText } from './text.js';
import { tidy } from './tidy.js';
import { travelsOf } from './travel.js';

export interface RedisStoreOptions extends Partial<StoreLimits> {
  /** `fromIoredis(redis)`, `fromNodeRedis(client)`, or a function of your own. */
  readonly sendCommand: SendCommand;
  /** `subscribeIoredis(redis)` or `subscribeNodeRedis(client)`: other instances' work is noticed at once. Without it workers look at their own pace. */
  readonly subscribe?: Subscribe;
  /** Before every key. Default `tasklatch`. Two apps on one Redis take two prefixes. */
  readonly prefix?: string;
  /** Into how many slots of a Redis Cluster the tasks are spread. Default 1, which is right for a single server. Fixed by the first use of a prefix. */
  readonly shards?: number;
  /**
   * `server` (default): an act has happened when Redis says so; what a crash of Redis loses is up to its persistence. `fsync`: an act
   * has happened when it is on Redis's disk: by WAITAOF (Redis 7.2, Valkey), else by `appendfsync always`, which is then required.
   */
  readonly durability?: 'server' | 'fsync';
}

/**
 * Tasks in Redis 6.2 or newer, or Valkey; a single server, Sentinel or Cluster. Every act is one script, and rejects with the client's
 * error when Redis does not answer. Memory is bounded by `purge`, which the worker calls. With `shards` above 1, facts of one
 * `record` that belong to different shards commit apart.
 */
export function redisStore(options: RedisStoreOptions): TaskStore {
  const { sendCommand: send, subscribe, prefix = 'tasklatch', durability = 'server' } = options;
  const limits: StoreLimits = { ...DEFAULT_STORE_LIMITS, ...options };
  const shards = shardsOf(prefix, options.shards ?? 1);
  const channel = `${prefix}:wake`;
  const confirm = durability === 'fsync' ? fsyncConfirm(send) : undefined;
  const calls = redisCalls({ send, shards, channel, prefix, confirm });

  async function byId(id: string): Promise<Task | undefined> {
    const [found] = asList(await calls.run('read', shards.ofTask(id), [escapeText(id)]));
    return found === undefined ? undefined : taskRecordOf(found).task;
  }

  async function byExternalId(provider: string, externalId: string): Promise<Task | undefined> {
    const shard = shards.ofExternalId(provider, externalId);
    const found = await calls.run('find', shard, [escapeText(provider), escapeText(externalId)]);
    if (found === null) return undefined;
    const task = await byId(unescapeText(asText(asList(found)[1])));
    // The index may be ahead of the task.
    return task?.externalId === externalId ? task : undefined;
  }

  function claim(work: 'effect', want: ClaimOptions): Promise<readonly EffectLease[]>;
  function claim(work: 'check', want: ClaimOptions): Promise<readonly CheckLease[]>;
  function claim(work: 'effect' | 'check', want: ClaimOptions): Promise<readonly Lease[]> {
    return claimWork(calls, work, want);
  }

  const store: TaskStore = {
    name: 'redis',
    batching: { max: 64, lanes: 2 },

    async open(draft) {
      const reply = await calls.commit('open', shards.ofTask(draft.id), [...limitArgs(limits), draftJson(draft)]);
      const [created, send, task, onward, laters] = asList(reply);
      await tidy(calls, asList(laters));
      const adopted = onwardTravels(asList(onward));
      const { tasks } = await carry(calls, limits, adopted);
      return { task: tasks.get(draft.id) ?? taskRecordOf(task).task, created: created === '1', send: send === '1' };
    },

    async record(facts) {
      const { answers, tasks } = await carry(calls, limits, travelsOf(facts, shards));
      return Promise.all(
        facts.map(async (_, slot) => {
          const answer = answers.get(slot);
          if (answer === undefined) throw new Error('record.lua gave no answer for a fact.');
          const { taskId, ...said } = answer;
          const id = unescapeText(taskId);
          return { ...said, task: id === '' ? null : (tasks.get(id) ?? (await byId(id)) ?? null) };
        }),
      );
    },

    claim,

    async extend(lease, leaseMs) {
      const args = [leaseJson(lease), String(leaseMs)];
      return (await calls.commit('extend', shards.ofTask(lease.taskId), args)) === 1;
    },

    async finish(lease, end) {
      if (lease.work === 'check' && (end.kind === 'dead' || end.kind === 'split')) {
        throw new TasklatchError('not_supported', `A check can't end as "${end.kind}": use "again" or "done".`);
      }
      const how = end.kind === 'split' ? end.into.join(' ') : end.kind === 'again' ? String(end.inMs) : '';
      const error = end.kind === 'again' || end.kind === 'dead' ? (escapeOptional(end.error) ?? '') : '';
      const args = [leaseJson(lease), end.kind, how, error];
      return (await calls.commit('finish', shards.ofTask(lease.taskId), args)) === 1;
    },

    get: (ref) => ('id' in ref ? byId(ref.id) : byExternalId(ref.provider, ref.externalId)),
    list: (query) => listTasks(calls, query),
    ledger: (ref) =>
      'quarantine' in ref
        ? readQuarantine(calls, ref.quarantine.provider, ref.quarantine.limit ?? 100)
        : readLedger(calls, ref.taskId),
    purge: (query) => purgeOld(calls, query),
  };
  if (subscribe === undefined) return store;
  return {
    ...store,
    async listen(wake) {
      let listening = true;
      const stop = await subscribe(channel, (message) => {
        // A client may still hand out what had arrived when it was told to stop.
        if (listening) heard(message, wake);
      });
      return async () => {
        listening = false;
        await stop();
      };
    },
  };
}

type Wake = Parameters<NonNullable<TaskStore['listen']>>[0];

/** One line for each wake-up: what, colon, task id. */
function heard(message: string, wake: Wake): void {
  for (const line of message.split('\n')) {
    const [what, id] = [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)];
    if (what === 'effect' || what === 'check' || what === 'task') wake(what, unescapeText(id));
  }
}

function draftJson(draft: TaskDraft): string {
  return JSON.stringify({
    id: escapeText(draft.id),
    provider: escapeText(draft.provider),
    key: escapeOptional(draft.key),
    owner: escapeOptional(draft.owner),
    model: escapeOptional(draft.model),
    fingerprint: escapeOptional(draft.fingerprint),
    expectsCallback: flag(draft.expectsCallback),
    sendToken: escapeText(draft.sendToken),
    sendWithinMs: String(draft.sendWithinMs),
    deadlineMs: String(draft.deadlineMs),
  });
}

function leaseJson(lease: Lease): string {
  const { work, taskId, fence } = lease;
  const effect = lease.work === 'effect' ? { kind: lease.kind, number: String(lease.number) } : {};
  return JSON.stringify({ work, taskId: escapeText(taskId), fence, ...effect });
}
