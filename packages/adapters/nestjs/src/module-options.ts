import type { CanActivate, ControllerOptions, FactoryProvider, ModuleMetadata, Type } from '@nestjs/common';
import type { TaskHandlerOptions, TasklatchOptions, TasklatchSettings } from '@tasklatch/core';

/** Where a kind of routes is mounted, and who may pass. */
export interface RouteOptions {
  /** Below the app's global prefix; every request below it belongs to Tasklatch. */
  readonly path?: string;
  readonly version?: ControllerOptions['version'];
  /** The app's own guards, as in `@UseGuards`; what they inject must be in `imports`, or global. */
  readonly guards?: readonly (CanActivate | Type<CanActivate>)[];
  /** Further class decorators: your own `@Public()`, `@SkipThrottle()`, `@ApiExcludeController()`, … */
  readonly decorators?: readonly ClassDecorator[];
}

/** Default path `callbacks`. Default version: none, since senders know nothing of your versions. */
export type CallbackRoutes = RouteOptions;

/** Default path `tasks`. `owner` gets the platform's request, after the guards. Default version: the app's. */
export interface TaskRoutes<Raw> extends RouteOptions, TaskHandlerOptions<Raw> {}

/** What Nest must know before it builds the module. */
export interface TasklatchModuleExtras<Raw> {
  /** Tells the latches of one app apart. Default: none, and the latch is what `TasklatchService` injects. */
  readonly name?: string;
  /** Whether every module can inject the latch. Default true. */
  readonly isGlobal?: boolean;
  /** Status, list and live events of tasks. Default: no such routes. */
  readonly tasks?: TaskRoutes<Raw>;
  /** Whether effects and checks run in this process once the app is up. Default true; `false` for one that only serves, or calls `tick`. */
  readonly autoStart?: boolean;
  /** How long a closing app waits for effects that run. Default 10 s. */
  readonly stopWithinMs?: number;
  /** Modules whose providers the factory and the guards use. */
  readonly imports?: ModuleMetadata['imports'];
}

type LatchCallbacks = NonNullable<TasklatchSettings['callbacks']>;

export type TasklatchModuleOptions<Tx, Raw = unknown> = Omit<TasklatchOptions<Tx>, 'callbacks'> &
  TasklatchModuleExtras<Raw> & {
    /** The callback routes. Without `baseUrl` and `secret`: for webhooks that the latch does not ask for. Default: no such routes. */
    readonly callbacks?: CallbackRoutes & (LatchCallbacks | { readonly [Name in keyof LatchCallbacks]?: never });
  };

/** Makes the options in a class of its own, for `useClass` and `useExisting`. */
export interface TasklatchOptionsFactory<Tx = unknown> {
  createTasklatchOptions(): TasklatchOptions<Tx> | Promise<TasklatchOptions<Tx>>;
}

export interface TasklatchModuleAsyncOptions<Tx, Raw = unknown> extends TasklatchModuleExtras<Raw> {
  /** Where the callback routes are mounted; `false`: no such routes. Default: at `callbacks`. `baseUrl` and `secret` come from the factory. */
  readonly callbacks?: CallbackRoutes | false;
  readonly inject?: FactoryProvider['inject'];
  // Nest types what it injects so: the types of the arguments are the factory's word.
  readonly useFactory?: (...injected: never[]) => TasklatchOptions<Tx> | Promise<TasklatchOptions<Tx>>;
  readonly useClass?: Type<TasklatchOptionsFactory<Tx>>;
  readonly useExisting?: Type<TasklatchOptionsFactory<Tx>>;
}
