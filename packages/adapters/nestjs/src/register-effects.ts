import { Scope } from '@nestjs/common';
import { ContextIdFactory, type DiscoveryService, type MetadataScanner, type ModuleRef } from '@nestjs/core';
import {
  type EffectCause,
  type EffectHandler,
  isTasklatchError,
  type Tasklatch,
  TasklatchError,
} from '@tasklatch/core';
import { type DecoratedEffect, effectsOn } from './effect-decorators.js';
import { DEFAULT_LATCH } from './get-tasklatch-token.js';

export interface EffectScan {
  readonly discovery: DiscoveryService;
  readonly scanner: MetadataScanner;
  readonly moduleRef: ModuleRef;
}

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

interface FoundEffect extends DecoratedEffect {
  readonly name: string;
  readonly latch: string;
  /** For messages: `OrderEffects.settled in OrdersModule`. */
  readonly where: string;
  readonly run: EffectHandler<unknown>;
}

/** Hands the app's decorated methods to the latch they are for; throws `invalid_options` for one that no latch would run, or two of one name. */
export function registerEffects(
  latch: Tasklatch<unknown>,
  latchName: string,
  latchNames: readonly string[],
  scan: EffectScan,
): void {
  const taken = new Map<string, string>();
  for (const effect of findEffects(scan)) {
    if (!latchNames.includes(effect.latch)) throw noSuchLatch(effect, latchNames);
    if (effect.latch !== latchName) continue;
    const key = `${effect.kind} ${effect.name}`;
    const other = taken.get(key);
    if (other !== undefined) throw twoOfOneName(effect, other);
    taken.set(key, effect.where);
    try {
      latch[REGISTER[effect.kind]](effect.run, optionsOf(effect));
    } catch (error) {
      if (!isTasklatchError(error)) throw error;
      throw new TasklatchError(error.code, `${effect.where}: ${error.message}`, { cause: error });
    }
  }
}

const REGISTER = { settled: 'onSettled', progress: 'onProgress', fact: 'onFact' } as const satisfies Record<
  EffectCause,
  string
>;

const optionsOf = ({ name, provider, transaction }: FoundEffect) => ({
  name,
  ...(provider === undefined ? {} : { provider }),
  ...(transaction === undefined ? {} : { transaction }),
});

function* findEffects({ discovery, moduleRef, scanner }: EffectScan): Generator<FoundEffect> {
  const seen = new Set<unknown>();
  for (const wrapper of [...discovery.getProviders(), ...discovery.getControllers()]) {
    const instance: unknown = wrapper.instance;
    // One that is also known by another token (`useExisting`).
    if (typeof instance !== 'object' || instance === null || seen.has(instance)) continue;
    seen.add(instance);
    const prototype: unknown = Object.getPrototypeOf(instance);
    if (typeof prototype !== 'object' || prototype === null || prototype === Object.prototype) continue;
    const className = instance.constructor.name;
    for (const method of scanner.getAllMethodNames(prototype)) {
      for (const effect of effectsOn(Reflect.get(prototype, method))) {
        yield {
          ...effect,
          name: effect.name ?? `${className}.${method}`,
          latch: effect.latch ?? DEFAULT_LATCH,
          where: `${className}.${method} in ${wrapper.host?.name ?? 'an unknown module'}`,
          run: runnerOf(wrapper, instance, method, moduleRef),
        };
      }
    }
  }
}

/** Calls the method by its name each time, so that a test's spy is met; a provider that is not a singleton is made for each run. */
function runnerOf(wrapper: Wrapper, instance: object, method: string, moduleRef: ModuleRef): EffectHandler<unknown> {
  const call = (target: object, ...args: Parameters<EffectHandler<unknown>>): unknown =>
    Reflect.apply(Reflect.get(target, method), target, args);
  if (wrapper.isDependencyTreeStatic() && wrapper.scope !== Scope.TRANSIENT)
    return (...args) => call(instance, ...args);
  return async (task, context) => {
    const id = ContextIdFactory.create();
    // What `@Inject(REQUEST)` is there.
    moduleRef.registerRequestByContextId(task, id);
    return call(await moduleRef.resolve<object>(wrapper.token, id, { strict: false }), task, context);
  };
}

function noSuchLatch({ latch, where }: FoundEffect, known: readonly string[]): TasklatchError {
  const names = known.map((name) => `"${name}"`).join(', ');
  return new TasklatchError(
    'invalid_options',
    latch === DEFAULT_LATCH
      ? `${where} is for the latch without a name, and this app has only ${names}. Say which in the decorator: { latch: ${names.split(',')[0]} }.`
      : `${where} is for the latch "${latch}", and this app has ${names}. Correct the name in the decorator, or give it to a TasklatchModule.`,
  );
}

const twoOfOneName = ({ kind, name, where }: FoundEffect, other: string): TasklatchError =>
  new TasklatchError(
    'invalid_options',
    `Two effects of kind ${kind} are named "${name}": ${other}, and ${where}. Provide a class in one module only and export it from there, or give one of the two a \`name\`: it marks whose an effect is.`,
  );
