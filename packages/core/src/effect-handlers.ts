import { TasklatchError } from './errors.js';
import type { EffectKind } from './fact.js';
import type { LedgerEntry } from './store.js';
import type { Task } from './task.js';

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
  /** Names the handler in `effectKey` and in what is done already, so it must stay the same over deployments. Default: `handler-1`, `handler-2`, … in order of registration. */
  readonly name?: string;
  /** `false`: run outside a transaction (then at least once, as on stores without them). Right for slow work. Default `true` where the store has transactions. */
  readonly transaction?: boolean;
}

export interface Registered<Tx> {
  readonly kind: EffectKind;
  readonly name: string;
  readonly provider: string | null;
  readonly transaction: boolean;
  readonly run: (task: Task, context: FactContext<Tx> | EffectContext<Tx>) => unknown;
}

export interface EffectHandlers<Tx> {
  add(kind: EffectKind, options: EffectHandlerOptions, run: Registered<Tx>['run']): void;
  /** In order of registration. */
  of(kind: EffectKind, provider: string): readonly Registered<Tx>[];
  kinds(provider: string): readonly EffectKind[];
}

export function effectHandlers<Tx>(providers: ReadonlyMap<string, unknown>): EffectHandlers<Tx> {
  const all: Registered<Tx>[] = [];
  const of = (kind: EffectKind, provider: string): Registered<Tx>[] =>
    all.filter((one) => one.kind === kind && (one.provider === null || one.provider === provider));
  return {
    add(kind, { provider = null, name, transaction = true }, run) {
      if (provider !== null && !providers.has(provider)) {
        throw new TasklatchError(
          'unknown_provider',
          `An effect was registered for a provider that the latch does not have. Known: ${[...providers.keys()].join(', ')}.`,
        );
      }
      const count = all.filter((one) => one.kind === kind).length;
      const named = name ?? `handler-${count + 1}`;
      if (!/^[\w.:-]{1,80}$/.test(named))
        throw new TasklatchError(
          'invalid_options',
          'The name of an effect handler must be 1 to 80 letters, digits, _ . : or -.',
        );
      if (all.some((one) => one.kind === kind && one.name === named)) {
        throw new TasklatchError(
          'invalid_options',
          `Two effect handlers are named "${named}". Give each \`name\` once: it marks what is done.`,
        );
      }
      all.push({ kind, name: named, provider, transaction, run });
    },
    of,
    kinds: (provider) => (['settled', 'progress', 'fact'] as const).filter((kind) => of(kind, provider).length > 0),
  };
}
