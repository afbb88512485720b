import {
  causeOf,
  type EffectRecord,
  type Fact,
  type Lease,
  type Task,
  type TaskStore,
  type WorkEnd,
} from '@tasklatch/core';
import { aDelivery } from '../a-delivery.js';
import { aDraft } from '../a-draft.js';
import { aFact } from '../a-fact.js';
import { type EndStep, type FactStep, HOURS, type Step } from './script.js';

type Store = Omit<TaskStore<unknown>, 'transact'>;

/** The store a script is played on, through one or several instances. */
export interface Stage {
  readonly stores: readonly [Store, ...Store[]];
  /** Lets the store's clock go on by some milliseconds. */
  pass(): Promise<void>;
}

const SWEEP = { settledForMs: 0, abandonedForMs: 0, quarantinedForMs: 0, limit: 1000 };

/** Plays a script and returns all that can be seen of it: each act's answer, and in the end all tasks, ledgers and the quarantine. */
export async function play({ stores, pass }: Stage, script: readonly Step[], run: string): Promise<unknown[]> {
  const seen: unknown[] = [];
  const leases: Lease[] = [];
  const said: (readonly Fact[])[] = [];
  const opened = new Set<number>();
  const provider = (number: number): string => `${run}-${number === 0 ? 'a' : 'b'}`;
  // Task 2 is of the second provider.
  const taskId = (number: number): string => `${run}-t${number}`;
  const token = (task: number, number: number): string => `${run}-t${task}-s${number}`;
  let turn = 0;
  // Turn and turn about, as processes that share the store would.
  const next = (): Store => stores[turn++ % stores.length] ?? stores[0];

  async function factOf(step: FactStep): Promise<Fact> {
    const { task, payload, notSent, bodyBytes, releases, status, unparseable } = step;
    const from = (task === 2) === (step.provider === 'own') ? 1 : 0;
    // In which order a task adopts facts that name it and bring external ids of their own, the contract leaves open.
    const silent = step.external === 'none' || (step.named && !opened.has(task));
    const external = silent ? null : step.external === 'own' ? task : (task + 1) % 3;
    const waiting = releases === null ? [] : (await quarantineOf(from)).entries;
    return aFact({
      ...{ source: step.source, trust: step.trust, status, progress: step.progress, checkInMs: step.checkInMs },
      ...{ unparseable, announce: step.announce, replay: step.replay, provider: provider(from) },
      taskId: step.named ? taskId(task) : null,
      externalId: external === null ? null : `x${external}`,
      result: status === 'succeeded' ? { files: [], data: { payload } } : null,
      error: status === 'failed' ? { code: `e${payload}`, message: null } : null,
      notSent: notSent === null ? null : token(task, notSent),
      open: step.opens ? { id: `${run}-u${from}-${external}`, deadlineMs: HOURS.deadline } : null,
      delivery: bodyBytes === 0 ? null : aDelivery('x'.repeat(bodyBytes)),
      releases: waiting[releases ?? 0]?.id ?? null,
      nonce: `${step.nonce}`,
    });
  }

  const quarantineOf = (number: number) => next().ledger({ quarantine: { provider: provider(number) } });

  async function claim(step: Extract<Step, { act: 'claim' }>): Promise<unknown> {
    const want = {
      claimId: `${run}-c${leases.length}-${turn}`,
      leaseMs: step.held ? HOURS.lease : 1,
      from: [0, 1].map((number) => ({
        provider: provider(number),
        limit: 1000,
        ...(step.kinds === null ? {} : { kinds: step.kinds }),
      })),
    };
    const answers: unknown[] = [];
    for (let time = 0; time < (step.twice ? 2 : 1); time += 1) {
      const store = next();
      const claimed: readonly Lease[] =
        step.work === 'effect' ? await store.claim('effect', want) : await store.claim('check', want);
      const ordered = [...claimed].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
      leases.push(...ordered);
      answers.push(ordered.map(({ fence, ...lease }) => lease));
      if (!step.held) await pass();
    }
    return answers;
  }

  async function take(step: Step): Promise<unknown> {
    switch (step.act) {
      case 'open': {
        const draft = aDraft({
          id: taskId(step.task),
          provider: provider(step.task === 2 ? 1 : 0),
          sendToken: token(step.task, step.token),
          fingerprint: `f${step.input}`,
          owner: `${run}-o`,
          sendWithinMs: step.soon ? 0 : HOURS.ask,
          deadlineMs: step.overdue ? 0 : HOURS.deadline,
        });
        opened.add(step.task);
        return next().open(draft);
      }
      case 'record': {
        const facts: Fact[] = [];
        for (const fact of step.facts) facts.push(await factOf(fact));
        said.push(facts);
        return next().record(facts);
      }
      case 'repeat': {
        const facts = said.at(-1 - step.back);
        return facts === undefined ? null : next().record(facts);
      }
      case 'claim':
        return claim(step);
      case 'extend': {
        const lease = leases.at(-1 - step.lease);
        const extended = lease === undefined ? null : await next().extend(lease, step.leaseMs);
        if (step.leaseMs === 1) await pass();
        return extended;
      }
      case 'finish': {
        const lease = leases.at(-1 - step.lease);
        return lease === undefined || !canEnd(lease, step.end) ? null : next().finish(lease, endOf(lease, step.end));
      }
      case 'purge':
        await pass();
        opened.clear();
        return next().purge({ ...step.query, limit: 1000 });
      case 'discard': {
        const entry = (await quarantineOf(step.provider)).entries[step.entry];
        return entry === undefined ? null : next().purge({ ...SWEEP, discard: [entry.id] });
      }
    }
  }

  async function everything(): Promise<unknown> {
    const ids = [0, 1, 2].map(taskId).concat([0, 1].flatMap((p) => [0, 1, 2, null].map((x) => `${run}-u${p}-${x}`)));
    return {
      tasks: await Promise.all(ids.map(async (id) => (await next().get({ id })) ?? null)),
      ledgers: await Promise.all(
        ids.map(async (id) => {
          const { entries, effects, dropped } = await next().ledger({ taskId: id });
          return { entries, effects: effects.map(visible), dropped };
        }),
      ),
      owners: await Promise.all(
        [0, 1].flatMap((p) =>
          [0, 1, 2].map(async (x) => (await next().get({ provider: provider(p), externalId: `x${x}` }))?.id ?? null),
        ),
      ),
      quarantine: await Promise.all(
        [0, 1].map(async (p) => (await quarantineOf(p)).entries.map(({ id, ...entry }) => entry)),
      ),
      lists: await Promise.all(
        [{}, { status: 'running' }, { owner: `${run}-o` }, { effect: 'due' }, { effect: 'dead' }].map(async (query) =>
          idsOf((await next().list({ ...(query as object), provider: provider(0), limit: 1000 })).items),
        ),
      ),
    };
  }

  // What runs before left behind must not count in this one's purges.
  await pass();
  while ((await next().purge(SWEEP)) > 0);
  for (const step of script) {
    seen.push({ step, answer: (await take(step)) ?? null });
  }
  seen.push(await everything());
  return seen.map(withoutEntryIds);
}

/** Each store names quarantined entries as it likes. */
function withoutEntryIds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEntryIds);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, key === 'releases' ? item !== null : withoutEntryIds(item)]),
  );
}

/** A check can't end so (whether a lost lease is seen first, the contract leaves open), and nobody splits a part. */
const canEnd = (lease: Lease, { kind }: EndStep): boolean =>
  lease.work === 'check' ? kind !== 'dead' && kind !== 'split' : kind !== 'split' || !lease.kind.includes(':');

const endOf = (lease: Lease, end: EndStep): WorkEnd =>
  end.kind !== 'split'
    ? end
    : {
        kind: 'split',
        into: lease.work === 'check' ? [] : end.among.map((name) => `${causeOf(lease.kind)}:${name}` as const),
      };

const nameOf = (lease: Lease): string =>
  lease.work === 'check' ? lease.taskId : `${lease.taskId} ${lease.kind} ${String(lease.number).padStart(9, '0')}`;

const idsOf = (tasks: readonly Task[]): readonly string[] => tasks.map(({ id }) => id).sort();

/** An effect without what is left over from an earlier state of it and means nothing now. */
function visible({ dueAt, doneAt, lastError, leaseUntil, ...effect }: EffectRecord): object {
  switch (effect.state) {
    case 'due':
      return { ...effect, dueAt };
    case 'running':
      return { ...effect, leaseUntil };
    case 'done':
      return { ...effect, doneAt };
    case 'dead':
      return { ...effect, lastError };
  }
}
