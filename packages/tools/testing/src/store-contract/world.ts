import { randomUUID } from 'node:crypto';
import type {
  CheckLease,
  ClaimOptions,
  EffectKind,
  EffectLease,
  EffectRecord,
  Fact,
  Ledger,
  LedgerEntry,
  Recorded,
  StoreLimits,
  Task,
  TaskDraft,
  TaskStore,
} from '@tasklatch/core';
import { aDraft } from '../a-draft.js';
import { aFact } from '../a-fact.js';
import type { MakeStore, Scratch, StoreUnderTest } from '../store-under-test.js';

/** What one case has to itself: a provider name nobody else uses, in a store that others use too. */
export interface World<Tx = unknown> {
  readonly store: TaskStore<Tx>;
  /** The store as another process has it; the same object where there can be only one process. */
  readonly other: TaskStore<Tx>;
  readonly scratch: Scratch<Tx> | undefined;
  /** The store's clock, where it is not this process's. */
  readonly now: (() => Promise<number>) | undefined;
  readonly provider: string;

  draft(over?: Partial<TaskDraft>): TaskDraft;
  fact(over?: Partial<Fact> & { readonly nonce?: string }): Fact;

  /** Opens a new task. */
  open(over?: Partial<TaskDraft>): Promise<Task>;
  /** Opens a new task and records the answer to its submit, so that it is `pending` and has an external id. */
  submit(over?: Partial<TaskDraft>): Promise<Task & { readonly externalId: string }>;
  /** Records one fact. */
  say(over?: Partial<Fact> & { readonly nonce?: string }): Promise<Recorded>;
  task(id: string): Promise<Task>;
  ledger(taskId: string): Promise<Ledger>;
  effects(taskId: string): Promise<readonly EffectRecord[]>;
  quarantine(): Promise<readonly LedgerEntry[]>;
  /** Claims of this case's provider; a fresh claim id and a long lease. */
  want(over?: Wish): ClaimOptions;
  claimEffect(over?: Wish): Promise<EffectLease>;
  claimCheck(over?: Wish): Promise<CheckLease>;

  /** Lets at least this time go by on the store's clock. */
  pass(ms: number): Promise<void>;
  /** A world in a store of its own: for limits, and for acts that look at the whole store. */
  alone(limits?: Partial<StoreLimits>): Promise<World<Tx>>;
}

/** `kinds`: of every provider that is asked for. */
export type Wish = Partial<ClaimOptions> & { readonly kinds?: readonly EffectKind[] };

export const LONG = 600_000;
/** A lease that is over after `pass(SHORT)`. No case asserts anything that must happen before that. */
export const SHORT = 30;

export function worldOf<Tx>(made: StoreUnderTest<Tx>, other: TaskStore<Tx>, alone: World<Tx>['alone']): World<Tx> {
  const { store } = made;
  const provider = `p-${randomUUID()}`;
  const draft: World<Tx>['draft'] = (over) => aDraft({ provider, ...over });
  const fact: World<Tx>['fact'] = (over) => aFact({ provider, ...over });
  const want: World<Tx>['want'] = ({ kinds, from = [{ provider, limit: 100 }], ...over } = {}) => ({
    claimId: randomUUID(),
    leaseMs: LONG,
    from: kinds === undefined ? from : from.map((one) => ({ ...one, kinds })),
    ...over,
  });
  const open: World<Tx>['open'] = async (over) => (await store.open(draft(over))).task;
  const say: World<Tx>['say'] = async (over) => only(await store.record([fact(over)]));
  const ledger = (taskId: string) => store.ledger({ taskId });
  return {
    store,
    other,
    scratch: made.scratch,
    now: made.now === undefined ? undefined : async () => (await made.now?.()) ?? 0,
    provider,
    draft,
    fact,
    want,
    open,
    say,
    ledger,
    alone,
    async submit(over) {
      const { id } = await open(over);
      const externalId = `ext_${randomUUID()}`;
      const { task } = await say({ taskId: id, externalId, source: 'submit', status: 'pending' });
      return { ...present(task), externalId };
    },
    task: async (id) => present(await store.get({ id })),
    effects: async (taskId) => (await ledger(taskId)).effects,
    quarantine: async () => (await store.ledger({ quarantine: { provider } })).entries,
    claimEffect: async (over) => only(await store.claim('effect', want(over))),
    claimCheck: async (over) => only(await store.claim('check', want(over))),
    pass: (ms) => (made.advance === undefined ? sleep(ms + 25) : made.advance(ms)),
  };
}

/** Makes the worlds of one suite: one store for all cases, and further ones for the cases that ask. */
export function worlds<Tx>(makeStore: MakeStore<Tx>) {
  let shared: Promise<Opened<Tx>> | undefined;
  return {
    async open(): Promise<void> {
      shared ??= openStore(makeStore);
      await shared;
    },
    /** Runs one case in a world of its own. */
    async run(body: (world: World<Tx>) => Promise<void>): Promise<void> {
      shared ??= openStore(makeStore);
      const { under, other } = await shared;
      const own: Opened<Tx>[] = [];
      const alone: World<Tx>['alone'] = async (limits) => {
        const opened = await openStore(makeStore, limits);
        own.push(opened);
        return worldOf(opened.under, opened.other, alone);
      };
      try {
        await body(worldOf(under, other, alone));
      } finally {
        for (const opened of own) await opened.close();
      }
    },
    async close(): Promise<void> {
      await (await shared)?.close();
    },
  };
}

interface Opened<Tx> {
  readonly under: StoreUnderTest<Tx>;
  readonly other: TaskStore<Tx>;
  close(): Promise<void>;
}

async function openStore<Tx>(makeStore: MakeStore<Tx>, limits?: Partial<StoreLimits>): Promise<Opened<Tx>> {
  const under = await makeStore(limits);
  const second = await under.second?.();
  return {
    under,
    other: second ?? under.store,
    async close() {
      await second?.close?.();
      await under.close();
    },
  };
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The one item there must be. */
export function only<T>(items: readonly T[]): T {
  const [item] = items;
  if (items.length !== 1 || item === undefined) throw new Error(`Expected one item, got ${items.length}.`);
  return item;
}

/** The value there must be. */
export function present<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error('Expected a value, got none.');
  return value;
}

/** What the promise rejects with. Throws when it does not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  const outcome = await promise.then(
    () => ({ rejected: false as const }),
    (error: unknown) => ({ rejected: true as const, error }),
  );
  if (!outcome.rejected) throw new Error('Expected a rejection, and the promise resolved.');
  return outcome.error;
}

/** Calls `act` so many times at once, turn and turn about on the two instances of the store, and waits for all. */
export function atOnce<T, Tx>(
  { store, other }: Pick<World<Tx>, 'store' | 'other'>,
  times: number,
  act: (store: TaskStore<Tx>, index: number) => Promise<T>,
): Promise<T[]> {
  return Promise.all(Array.from({ length: times }, (_, index) => act(index % 2 === 0 ? store : other, index)));
}

/** Runs `act` in a process whose clock is a day ahead. */
export async function aDayAhead<T>(act: () => Promise<T>): Promise<T> {
  const real = Date.now;
  Date.now = () => real() + 86_400_000;
  try {
    return await act();
  } finally {
    Date.now = real;
  }
}

/** Tries until the answer is true, for at most ten real seconds. */
export async function eventually(question: () => Promise<boolean> | boolean): Promise<boolean> {
  const end = Date.now() + 10_000;
  while (Date.now() < end) {
    if (await question()) return true;
    await sleep(10);
  }
  return false;
}
