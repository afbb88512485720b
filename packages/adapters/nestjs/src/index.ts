export { type EffectDecoratorOptions, OnFact, OnProgress, OnSettled } from './effect-decorators.js';
export {
  getTasklatchOptionsToken,
  getTasklatchProvidersToken,
  getTasklatchStoreToken,
  getTasklatchToken,
  InjectTasklatch,
} from './get-tasklatch-token.js';
export type {
  CallbackRoutes,
  RouteOptions,
  TasklatchModuleAsyncOptions,
  TasklatchModuleExtras,
  TasklatchModuleOptions,
  TasklatchOptionsFactory,
  TaskRoutes,
} from './module-options.js';
export { TasklatchModule } from './tasklatch-module.js';
export { TasklatchService } from './tasklatch-service.js';
