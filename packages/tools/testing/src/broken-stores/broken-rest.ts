import type { Fact, LedgerEntry, TaskStore } from '@tasklatch/core';
import { broken, pause } from './broken-store.js';

/** A store whose orphans lie somewhere else, so that it can't, or only late, give them to their task. */
function limbo(store: TaskStore, isOrphan: (fact: Fact) => Promise<boolean>) {
  const lying: Fact[] = [];
  return {
    lying,
    async record(facts: readonly Fact[]) {
      const said = [];
      for (const fact of facts) {
        if (await isOrphan(fact)) {
          lying.push(fact);
          said.push({ outcome: 'quarantined', duplicate: false, task: null, changed: false } as const);
        } else said.push(...(await store.record([fact])));
      }
      return said;
    },
    async ledger(ref: Parameters<TaskStore['ledger']>[0]) {
      if (!('quarantine' in ref)) return store.ledger(ref);
      const mine = lying.filter(({ provider }) => provider === ref.quarantine.provider);
      const entries = mine.map((fact, index): LedgerEntry => {
        return { id: `l${index}`, seq: 0, at: 0, lastAt: 0, copies: 1, outcome: 'quarantined', fact };
      });
      return { entries, effects: [], dropped: 0 };
    },
  };
}

const unowned =
  (store: TaskStore) =>
  async ({ taskId, provider, externalId }: Fact) =>
    taskId === null && (await store.get({ provider, externalId: externalId ?? '' })) === undefined;

export const BROKEN_REST = [
  broken(
    'looks whether a task is there, then makes it',
    'lets exactly one of 50 callers create the task and send',
    (store) => ({
      async open(draft) {
        const held = await store.get({ id: draft.id });
        await pause();
        const { task } = await store.open(draft);
        return held === undefined ? { task, created: true, send: true } : { task, created: false, send: false };
      },
    }),
  ),
  broken('looks whether a fact is there, then writes it', 'takes the same fact from 50 callers in once', (store) => {
    const keys = new Set<string>();
    return {
      async record(facts) {
        const known = facts.map(({ key, externalId }) => keys.has(`${externalId} ${key}`));
        await pause();
        for (const { key, externalId } of facts) keys.add(`${externalId} ${key}`);
        const all = facts.map((fact, index) => (known[index] ? fact : { ...fact, key: `${fact.key}${Math.random()}` }));
        return store.record(all);
      },
    };
  }),
  broken(
    'does not know a lost answer of `open` again',
    'gives the right again to the same send token, for an answer that was lost',
    (store) => ({
      async open(draft) {
        const opened = await store.open(draft);
        return { ...opened, send: opened.created };
      },
    }),
  ),
  broken(
    'sends again after any failure',
    'finds the task the second time and does not give the right to send again',
    (store) => ({
      async open(draft) {
        const opened = await store.open(draft);
        return { ...opened, send: opened.task.status === 'submitting' };
      },
    }),
  ),
  broken(
    'forgets orphans when their task appears',
    'gives a task its deliveries when its external id becomes known, in order of arrival',
    (store) => {
      const { record, ledger } = limbo(store, unowned(store));
      return { record, ledger };
    },
  ),
  broken(
    'forgets orphans when their task is opened',
    'gives a task the deliveries that name it when it is opened',
    (store) => {
      const gone = async ({ taskId }: Fact) => taskId !== null && (await store.get({ id: taskId })) === undefined;
      const { record, ledger } = limbo(store, gone);
      return { record, ledger };
    },
  ),
  broken(
    'looks whether there is a task, then quarantines',
    'strands no delivery that comes at the very moment its external id does',
    (store) => {
      const { record, ledger, lying } = limbo(store, async (fact) => {
        const orphan = await unowned(store)(fact);
        await pause();
        return orphan;
      });
      return {
        ledger,
        async record(facts) {
          const said = await record(facts);
          for (const { externalId } of facts.filter(({ taskId }) => taskId !== null)) {
            const mine = lying.filter((fact) => fact.externalId === externalId);
            for (const fact of mine) await store.record(lying.splice(lying.indexOf(fact), 1));
          }
          return said;
        },
      };
    },
  ),
  broken(
    'lets the quarantine grow for ever',
    'is bounded by entries, for each provider',
    () => ({}),
    (limits) => ({ ...limits, quarantineEntries: 1e9 }),
  ),
  broken(
    'does not count the bytes in the quarantine',
    'is bounded by the bytes of the bodies, for each provider',
    () => ({}),
    (limits) => ({ ...limits, quarantineBytes: 1e9 }),
  ),
  broken('keeps what was parsed again', 'lets an entry go when the fact parsed from it is recorded', (store) => ({
    record: (facts) => store.record(facts.map((fact) => ({ ...fact, releases: null }))),
  })),
  broken(
    'purges tasks whose effects are not done',
    'keeps a task with an effect that is not done, until it counts as abandoned',
    (store) => ({
      purge: (query) => store.purge({ ...query, abandonedForMs: query.settledForMs }),
    }),
  ),
  broken(
    'purges without looking at the time',
    'forgets a settled task whose effects are done, with all that belongs to it',
    (store) => ({
      purge: (query) => store.purge({ ...query, settledForMs: 0 }),
    }),
  ),
  broken(
    'keeps contents as long as tasks',
    'forgets what was said, and not that it was said, when that is past its time',
    (store) => ({
      purge: ({ contentForMs: _, ...query }) => store.purge(query),
    }),
  ),
  broken(
    'forgets contents once for each task',
    'still knows a fact again whose content is gone, and forgets what comes after it, too',
    (store) => {
      let emptied = false;
      return {
        async purge({ contentForMs = Number.POSITIVE_INFINITY, ...query }) {
          const gone = await store.purge(emptied ? query : { ...query, contentForMs });
          emptied ||= gone > 0;
          return gone;
        },
      };
    },
  ),
  broken('purges without a limit', 'goes in steps of the limit, oldest first', (store) => ({
    purge: (query) => store.purge({ ...query, limit: 1e9 }),
  })),
  broken(
    'purges when it should only discard',
    'discards the quarantined entries it is given, and nothing else',
    (store) => ({
      purge: async ({ discard, ...query }) =>
        (await store.purge({ ...query, discard: discard ?? [] })) + (await store.purge(query)),
    }),
  ),
  broken('lists oldest first', 'lists newest first', (store) => ({
    async list(query) {
      const { items, next } = await store.list(query);
      return { items: [...items].reverse(), next };
    },
  })),
  broken('pages by position', 'shows no task twice when others are made between two pages', (store) => ({
    async list({ cursor, limit = 50, ...query }) {
      const { items } = await store.list({ ...query, limit: 1000 });
      const from = Number(cursor ?? 0);
      const next = from + limit < items.length ? `${from + limit}` : null;
      return { items: items.slice(from, from + limit), next };
    },
  })),
  broken(
    'ignores the filters of a list',
    'filters by owner, provider, status and effect, and by all of them together',
    (store) => ({
      list: ({ status: _, ...query }) => store.list(query),
    }),
  ),
  broken(
    'goes on waking who has stopped listening',
    'is silent after the listener has stopped, and leaves others listening',
    (store) => ({
      async listen(wake) {
        await store.listen?.(wake);
        return async () => {};
      },
    }),
  ),
];
