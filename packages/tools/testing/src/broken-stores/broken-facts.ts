import { type Fact, type Recorded, type Task, type TaskStore, transition } from '@tasklatch/core';
import { broken } from './broken-store.js';

/** `record` with other facts. */
const recording = (store: TaskStore, change: (fact: Fact) => Fact | Promise<Fact>): Pick<TaskStore, 'record'> => ({
  record: async (facts) => store.record(await Promise.all(facts.map(change))),
});

/** Reads in which tasks are shown otherwise. */
const showing = (store: TaskStore, change: (task: Task) => Task): Pick<TaskStore, 'get'> => ({
  async get(ref) {
    const task = await store.get(ref);
    return task && change(task);
  },
});

/** As a database that drops or replaces some text. */
const rewritten = (fact: Fact, rewrite: (json: string) => string): Fact => JSON.parse(rewrite(JSON.stringify(fact)));

const withoutNul = (value: unknown): unknown => (typeof value === 'string' ? value.replaceAll('\u0000', '') : value);

let nonce = 0;

export const BROKEN_FACTS = [
  broken('settles twice', 'latches: the first verdict holds, and later ones are only written down', (store) => {
    const settled = new Map<string, Partial<Task>>();
    return {
      ...showing(store, (task) => ({ ...task, ...settled.get(task.id) })),
      async record(facts) {
        const said = await store.record(facts);
        for (const [index, { outcome, task }] of said.entries()) {
          const status = facts[index]?.status;
          if (outcome === 'contradicted' && task !== null && status) settled.set(task.id, { status });
        }
        return said;
      },
    };
  }),
  broken('keeps to its own `expired`', 'lets a verdict of the provider replace our own `expired`, once', (store) => ({
    async record(facts) {
      const tasks = await Promise.all(
        facts.map(({ provider, externalId }) => store.get({ provider, externalId: externalId ?? '' })),
      );
      return store.record(
        facts.map((fact, index) => (tasks[index]?.status === 'expired' ? { ...fact, status: null } : fact)),
      );
    },
  })),
  broken('lets progress shrink', 'moves status up and progress forward only', (store) => {
    const last = new Map<string, number>();
    return {
      ...showing(store, (task) => ({ ...task, progress: last.get(task.externalId ?? '') ?? task.progress })),
      record(facts) {
        for (const { externalId, progress } of facts)
          if (externalId && progress !== null) last.set(externalId, progress);
        return store.record(facts);
      },
    };
  }),
  broken('takes copies for new facts', 'takes a copy of a fact in without doing anything again', (store) =>
    recording(store, (fact) => ({ ...fact, key: `${fact.key}${nonce++}` })),
  ),
  broken('does not count copies', 'takes a copy of a fact in without doing anything again', (store) => ({
    async ledger(ref) {
      const ledger = await store.ledger(ref);
      return { ...ledger, entries: ledger.entries.map((entry) => ({ ...entry, copies: 1 })) };
    },
  })),
  broken(
    'answers in any order',
    'answers in the order of the facts, each with its task after the whole batch',
    (store) => ({
      record: async (facts) => [...(await store.record(facts))].reverse(),
    }),
  ),
  broken('records one by one', 'writes nothing of a batch when it refuses one fact of it', (store) => ({
    async record(facts) {
      const said = [];
      for (const fact of facts) said.push(...(await store.record([rewritten(fact, (json) => json)])));
      return said;
    },
  })),
  broken(
    'answers with the task as it was on the way',
    'answers in the order of the facts, each with its task after the whole batch',
    (store) => ({
      async record(facts) {
        const said = [];
        for (const fact of facts) said.push(...(await store.record([fact])));
        return said;
      },
    }),
  ),
  broken('believes hints', 'changes no status on a hint, and asks for a check', (store) =>
    recording(store, (fact) => ({ ...fact, trust: 'authentic' })),
  ),
  broken(
    'joins facts about other external ids',
    'writes a fact about another external id down as foreign, and does nothing else',
    (store) =>
      recording(store, async (fact) => {
        const held = fact.taskId === null ? undefined : await store.get({ id: fact.taskId });
        return { ...fact, externalId: held?.externalId ?? fact.externalId };
      }),
  ),
  broken('lets an external id have two owners', 'gives an external id to one of the tasks that race for it', (store) =>
    recording(store, (fact) => (fact.taskId === null ? fact : { ...fact, externalId: null })),
  ),
  broken(
    'lets one provider speak of the tasks of another',
    'does not let a fact of one provider touch a task of another by naming its id',
    (store) =>
      recording(store, async (fact) => {
        const task = fact.taskId === null ? undefined : await store.get({ id: fact.taskId });
        return { ...fact, provider: task?.provider ?? fact.provider };
      }),
  ),
  broken(
    'ignores the provider of an external id',
    'keeps tasks of two providers apart that have the same external id',
    (store) => {
      const owners = new Map<string, string>();
      return {
        async record(facts) {
          const said = await store.record(facts);
          for (const { task } of said) if (task?.externalId) owners.set(task.externalId, task.id);
          return said;
        },
        get: (ref) => store.get('id' in ref ? ref : { id: owners.get(ref.externalId) ?? '' }),
      };
    },
  ),
  broken('never frees a hinted id', 'replaces a hinted id by an authentic one, and frees it', (store) => {
    const owners = new Map<string, string>();
    return {
      async record(facts) {
        const said = await store.record(facts);
        for (const { task } of said) if (task?.externalId) owners.set(`${task.provider} ${task.externalId}`, task.id);
        return said;
      },
      get: (ref) => store.get('id' in ref ? ref : { id: owners.get(`${ref.provider} ${ref.externalId}`) ?? '' }),
    };
  }),
  broken(
    'does not write down what changes nothing',
    'comes to the same task, ledger and effects in any order of the same facts, however often each comes',
    (store) => ({
      async record(facts) {
        const said: Recorded[] = [];
        for (const fact of facts) {
          const task = await store.get(
            fact.taskId === null ? { provider: fact.provider, externalId: fact.externalId ?? '' } : { id: fact.taskId },
          );
          const step = task && transition(task, fact, task.updatedAt, false);
          if (task && step?.outcome === 'noted' && !step.changed)
            said.push({ outcome: 'noted', duplicate: false, changed: false, task });
          else said.push(...(await store.record([fact])));
        }
        return said;
      },
    }),
  ),
  broken(
    'lets any failed send free the task',
    'lets a submit that did not happen free its send token, and no other',
    (store) =>
      recording(store, async (fact) => {
        const task = fact.notSent === null ? undefined : await store.get({ id: fact.taskId ?? '' });
        return { ...fact, notSent: task?.sendToken ?? fact.notSent };
      }),
  ),
  broken('ignores replays', 'parks an effect as dead until it is replayed', (store) =>
    recording(store, (fact) => ({ ...fact, replay: null })),
  ),
  broken('announces nothing', 'makes a `fact` effect due for each new fact that is announced', (store) =>
    recording(store, (fact) => ({ ...fact, announce: false })),
  ),
  broken(
    'lets ledgers grow for ever',
    'bounds the ledger of a task, and still takes its facts in',
    () => ({}),
    (limits) => ({ ...limits, ledgerEntries: 1e9 }),
  ),
  broken('opens no unknown task', 'opens an unknown task from its first delivery where that is wanted', (store) =>
    recording(store, (fact) => ({ ...fact, open: null })),
  ),
  broken('drops NUL characters', 'returns results and errors exactly as they came', (store) =>
    recording(store, (fact) => JSON.parse(JSON.stringify(fact), (_key, value) => withoutNul(value))),
  ),
  broken(
    'replaces half surrogate pairs',
    'tells external ids apart to the last character, whatever is in them',
    (store) =>
      recording(store, (fact) => ({ ...fact, externalId: fact.externalId && Buffer.from(fact.externalId).toString() })),
  ),
  broken('makes objects of empty lists', 'returns results and errors exactly as they came', (store) =>
    recording(store, (fact) => rewritten(fact, (json) => json.replaceAll('[]', '{}'))),
  ),
  broken('rounds numbers to fourteen digits', 'returns results and errors exactly as they came', (store) =>
    recording(store, (fact) =>
      rewritten(fact, (json) => json.replace(/\d{15,}/g, (digits) => `${Number(Number(digits).toPrecision(14))}`)),
    ),
  ),
  broken(
    'takes its times from the caller',
    'takes no time from the calling process where it has a clock of its own',
    (store) => ({
      async open(draft) {
        const { task, ...opened } = await store.open(draft);
        return { ...opened, task: { ...task, createdAt: Date.now() } };
      },
    }),
  ),
];
