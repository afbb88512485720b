import { Inject, type InjectionToken } from '@nestjs/common';
import { TasklatchService } from './tasklatch-service.js';

/** The token of a latch: what `@InjectTasklatch(name)` injects, and `overrideProvider` replaces in tests. */
export const getTasklatchToken = (name?: string): InjectionToken =>
  isDefault(name) ? TasklatchService : `Tasklatch_${name}`;

/** The token of a latch's options, for `overrideProvider` in tests: nothing of what the app's factory makes is used then. */
export const getTasklatchOptionsToken = (name?: string): InjectionToken => `TasklatchOptions_${name ?? DEFAULT_LATCH}`;

/** The token of a latch's store, for `overrideProvider(…).useValue(memoryStore())`. */
export const getTasklatchStoreToken = (name?: string): InjectionToken => `TasklatchStore_${name ?? DEFAULT_LATCH}`;

/** The token of a latch's list of providers, for `overrideProvider(…).useValue([…])`. */
export const getTasklatchProvidersToken = (name?: string): InjectionToken =>
  `TasklatchProviders_${name ?? DEFAULT_LATCH}`;

/** Injects a latch: the one without a name, or the named one. */
export const InjectTasklatch = (name?: string): PropertyDecorator & ParameterDecorator =>
  Inject(getTasklatchToken(name));

/** The name of a latch that was given none. */
export const DEFAULT_LATCH = 'default';

const isDefault = (name: string | undefined): boolean => name === undefined || name === DEFAULT_LATCH;
