import { TasklatchError } from '../errors.js';
import { EFFECT_CAUSES, type EffectCause, type EffectKind } from '../fact.js';
import type { LedgerEntry } from '../store.js';
import type { Task } from '../task.js';

/** What an effect gets besides its task. */
export interface EffectContext<Tx> {
  /** The open transaction of a SQL store: what is written through it commits together with the end of the effect, or not at all. */
  readonly tx: Tx;
  /** The same for every attempt and replay of this effect by this handler: pass it on as idempotency key. */
  readonly effectKey: string;
  /** From 1. */
  readonly attempt: number;
  /** Aborted when the lease is lost, the time is over or the worker stops: stop, and write nothing more. */
  readonly signal: AbortSignal;
}

export interface FactContext<Tx> extends EffectContext<Tx> {
  readonly entry: LedgerEntry;
}

export type EffectHandler<Tx> = (task: Task, context: EffectContext<Tx>) => unknown;
export type FactHandler<Tx> = (task: Task, context: FactContext<Tx>) => unknown;

export interface EffectHandlerOptions {
  /** Only tasks of this provider. */
  readonly provider?: string;
  /** Names the handler in `effectKey` and in the store, so it must stay the same over deployments. Letters, digits, _ . and -. Default: `handler-1`, `handler-2`, … in order of registration. */
  readonly name?: string;
  /** `false`: run outside a transaction (then at least once, as on stores without them). Right for slow work. Default `true` where the store has transactions. */
  readonly transaction?: boolean;
}

export interface Registered<Tx> {
  readonly cause: EffectCause;
  readonly name: string;
  readonly provider: string | null;
  readonly transaction: boolean;
  readonly run: (task: Task, context: FactContext<Tx> | EffectContext<Tx>) => unknown;
}

export interface EffectHandlers<Tx> {
  add(cause: EffectCause, options: EffectHandlerOptions, run: Registered<Tx>['run']): void;
  /** Whose an effect is: all handlers of its cause, or the one in its name. In order of registration. */
  of(kind: EffectKind, provider: string): readonly Registered<Tx>[];
  /** What there is a handler for. */
  kinds(provider: string): readonly EffectKind[];
}

/** The kind of a handler's own effect. */
export const kindFor = ({ cause, name }: Pick<Registered<unknown>, 'cause' | 'name'>): EffectKind => `${cause}:${name}`;

export function effectHandlers<Tx>(providers: ReadonlyMap<string, unknown>): EffectHandlers<Tx> {
  const all: Registered<Tx>[] = [];
  const of = (kind: EffectKind, provider: string): Registered<Tx>[] =>
    all.filter(
      (one) => (kind === one.cause || kind === kindFor(one)) && (one.provider === null || one.provider === provider),
    );
  return {
    add(cause, { provider = null, name, transaction = true }, run) {
      if (provider !== null && !providers.has(provider)) {
        throw new TasklatchError(
          'unknown_provider',
          `An effect was registered for a provider that the latch does not have. Known: ${[...providers.keys()].join(', ')}.`,
        );
      }
      const count = all.filter((one) => one.cause === cause).length;
      const named = name ?? `handler-${count + 1}`;
      if (!/^[\w.-]{1,80}$/.test(named))
        throw new TasklatchError(
          'invalid_options',
          'The name of an effect handler must be 1 to 80 letters, digits, _ . or -.',
        );
      if (all.some((one) => one.cause === cause && one.name === named)) {
        throw new TasklatchError(
          'invalid_options',
          `Two effect handlers are named "${named}". Give each \`name\` once: it marks whose an effect is.`,
        );
      }
      all.push({ cause, name: named, provider, transaction, run });
    },
    of,
    kinds: (provider) =>
      EFFECT_CAUSES.flatMap((cause) => {
        const own = of(cause, provider);
        return own.length === 0 ? [] : [cause, ...own.map(kindFor)];
      }),
  };
}
