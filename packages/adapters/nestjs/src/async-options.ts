import type { Provider } from '@nestjs/common';
import { TasklatchError } from '@tasklatch/core';
import { getTasklatchOptionsToken } from './get-tasklatch-token.js';
import type { TasklatchModuleAsyncOptions, TasklatchOptionsFactory } from './module-options.js';

/** The providers that make a latch's options in the way the app chose. */
export function asyncOptions<Tx, Raw>(options: TasklatchModuleAsyncOptions<Tx, Raw>): Provider[] {
  const { inject = [], name, useClass, useExisting, useFactory } = options;
  const provide = getTasklatchOptionsToken(name);
  if (useFactory !== undefined) return [{ provide, useFactory, inject }];
  const factory = useExisting ?? useClass;
  if (factory === undefined) {
    throw new TasklatchError(
      'invalid_options',
      'TasklatchModule.forRootAsync needs `useFactory`, `useClass` or `useExisting`, to make the options with.',
    );
  }
  const made: Provider = {
    provide,
    inject: [factory],
    useFactory: (made: TasklatchOptionsFactory<Tx>) => made.createTasklatchOptions(),
  };
  return useExisting === undefined && useClass !== undefined ? [{ provide: useClass, useClass }, made] : [made];
}
