import { deliveryFacts } from './callbacks/delivery-facts.js';
import { TasklatchError } from './errors.js';
import type { EffectKind, Fact, OpenOnFact } from './fact.js';
import { makeFact } from './make-fact.js';
import type { Provider, RawDelivery } from './provider.js';
import type { Random } from './random.js';
import { type Sealer, unsealFact } from './seal.js';
import type { LedgerEntry, Recorded, TaskStore } from './store.js';
import type { Task } from './task.js';
import type { OperatorFact } from './tasklatch.js';

export interface OperatorOptions {
  readonly store: Pick<TaskStore<unknown>, 'get' | 'ledger'>;
  readonly providers: ReadonlyMap<string, Provider<never>>;
  readonly record: (fact: Fact) => Promise<Recorded>;
  readonly random: Random;
  readonly seal: Sealer | undefined;
  readonly openUnknown: () => OpenOnFact | null;
  readonly announces: () => boolean;
}

/** What a person does by hand. It goes through the same door as everything else, and into the same ledger. */
export interface OperatorActs {
  tell(taskId: string, said: OperatorFact): Promise<Recorded>;
  replay(taskId: string, kind?: EffectKind): Promise<readonly EffectKind[]>;
  release(entryId: string): Promise<boolean>;
}

/** More than any quarantine holds by default, for all providers together. */
const WHOLE_QUARANTINE = 100_000;

export function operatorActs(options: OperatorOptions): OperatorActs {
  const { providers, random, record, seal, store } = options;

  async function known(taskId: string): Promise<Task> {
    const task = await store.get({ id: taskId });
    if (task === undefined) {
      throw new TasklatchError(
        'unknown_task',
        'There is no task with this id in the store. It may have been purged, or the id is of another deployment.',
      );
    }
    return task;
  }

  /** The same words twice are two facts: a person said them twice. */
  async function say(taskId: string, said: Partial<Fact>): Promise<Recorded> {
    const { provider } = await known(taskId);
    return record(makeFact({ provider, taskId, source: 'operator', ...said, nonce: random.token() }));
  }

  function readAgain({ at, fact }: LedgerEntry): readonly Fact[] {
    const { delivery: kept, externalId, taskId, trust } = unsealFact(seal, fact);
    const provider = providers.get(fact.provider);
    if (!fact.unparseable || kept === null || kept.body === null || provider === undefined) return [];
    const delivery: RawDelivery = {
      method: 'POST',
      path: '/',
      header: (name) => kept.headers[name.toLowerCase()],
      body: Buffer.from(kept.body, 'base64'),
      exact: true,
      receivedAt: at,
      taskId,
    };
    const again = deliveryFacts(provider, delivery, {
      trust,
      onlyExternalId: externalId ?? undefined,
      keep: () => kept,
      announce: options.announces(),
      open: options.openUnknown,
    });
    return again.some((one) => one.unparseable) ? [] : again;
  }

  return {
    tell: say,
    async replay(taskId, kind) {
      await known(taskId);
      const { effects } = await store.ledger({ taskId });
      const wanted = effects.filter(
        (effect) => effect.state === 'dead' || (effect.state === 'done' && effect.kind === kind),
      );
      const kinds = new Set(wanted.map((effect) => effect.kind).filter((one) => kind === undefined || one === kind));
      for (const one of kinds) await say(taskId, { replay: one });
      return [...kinds];
    },
    async release(entryId) {
      const { entries } = await store.ledger({ quarantine: { limit: WHOLE_QUARANTINE } });
      const entry = entries.find(({ id }) => id === entryId);
      const facts = entry === undefined ? [] : readAgain(entry);
      for (const [index, fact] of facts.entries()) {
        // With the last one it leaves the quarantine: if this is cut short, it is done again, and copies change nothing.
        await record(index === facts.length - 1 ? { ...fact, releases: entryId } : fact);
      }
      return facts.length > 0;
    },
  };
}
