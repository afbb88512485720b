import { type DynamicModule, Module, type ModuleMetadata, type Provider } from '@nestjs/common';
import { createTasklatch, type TasklatchOptions, type Provider as TaskProvider, type TaskStore } from '@tasklatch/core';
import {
  getTasklatchOptionsToken,
  getTasklatchProvidersToken,
  getTasklatchStoreToken,
  getTasklatchToken,
} from './get-tasklatch-token.js';
import { contextOf } from './latch-lifecycle.js';
import { nestLogger } from './nest-logger.js';

@Module({})
class LatchModule {}

/**
 * Makes a latch, and nothing else: apart from its routes and its life, so that it can be global while they end before the modules that effects
 * use. `options` provides the options' token; the store and the providers have tokens of their own, for tests.
 */
export function latchModule(
  name: string,
  isGlobal: boolean,
  imports: ModuleMetadata['imports'],
  options: readonly Provider[],
): DynamicModule {
  const optionsToken = getTasklatchOptionsToken(name);
  const storeToken = getTasklatchStoreToken(name);
  const providersToken = getTasklatchProvidersToken(name);
  return {
    module: LatchModule,
    global: isGlobal,
    ...(imports === undefined ? {} : { imports }),
    providers: [
      ...options,
      { provide: storeToken, inject: [optionsToken], useFactory: ({ store }: TasklatchOptions<unknown>) => store },
      {
        provide: providersToken,
        inject: [optionsToken],
        useFactory: ({ providers }: TasklatchOptions<unknown>) => providers,
      },
      {
        provide: getTasklatchToken(name),
        inject: [optionsToken, storeToken, providersToken],
        useFactory: (
          given: TasklatchOptions<unknown>,
          store: TaskStore<unknown>,
          providers: readonly TaskProvider<never>[],
        ) => createTasklatch({ logger: nestLogger(contextOf(name)), ...given, store, providers }),
      },
    ],
    exports: [optionsToken, storeToken, providersToken, getTasklatchToken(name)],
  };
}
