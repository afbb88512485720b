import { SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  type EffectCause,
  type EffectHandler,
  type EffectHandlerOptions,
  type FactHandler,
  TasklatchError,
} from '@tasklatch/core';

export interface EffectDecoratorOptions extends EffectHandlerOptions {
  /** Names the handler in `effectKey` and in the store, so it must stay the same over deployments. Default `ClassName.method`. */
  readonly name?: string;
  /** The latch, in an app with named ones. Default: the one without a name. */
  readonly latch?: string;
}

/** One decorator on a method. */
export interface DecoratedEffect extends EffectDecoratorOptions {
  readonly kind: EffectCause;
}

/** Leaves the method's type to the method: it may name the `tx` of its store. */
type EffectDecorator<Handler> = <Method extends Handler>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
) => void;

const EFFECTS = 'tasklatch:effects';
const reflector = new Reflector();

/**
 * Runs the method once for each verdict of a task: `@OnSettled() async settled(task: Task, { tx }: EffectContext<PoolClient>) {}`. On a method of
 * any provider class, which keeps its injected dependencies.
 */
export const OnSettled = (options: EffectDecoratorOptions = {}): EffectDecorator<EffectHandler<never>> =>
  decorate('settled', options);

/** Runs the method when a task has moved without being settled; states that pass while it runs are skipped. */
export const OnProgress = (options: EffectDecoratorOptions = {}): EffectDecorator<EffectHandler<never>> =>
  decorate('progress', options);

/** Runs the method once for each new fact of a delivery: for webhooks that are events rather than the end of a task. */
export const OnFact = (options: EffectDecoratorOptions = {}): EffectDecorator<FactHandler<never>> =>
  decorate('fact', options);

/** What the decorators above wrote on a method. */
export const effectsOn = (method: unknown): readonly DecoratedEffect[] =>
  typeof method === 'function' ? (reflector.get<DecoratedEffect[] | undefined>(EFFECTS, method) ?? []) : [];

const decorate =
  (kind: EffectCause, options: EffectDecoratorOptions) =>
  <Method>(target: object, key: string | symbol, descriptor: TypedPropertyDescriptor<Method>): void => {
    if (typeof target === 'function') {
      throw new TasklatchError(
        'invalid_options',
        `An effect decorator is on the static method ${target.name}.${String(key)}. Put it on a method of the instance: only that has injected dependencies.`,
      );
    }
    const effects: DecoratedEffect[] = [...effectsOn(descriptor.value), { ...options, kind }];
    SetMetadata(EFFECTS, effects)(target, key, descriptor);
  };
