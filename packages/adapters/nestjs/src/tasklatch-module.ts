import {
  type DynamicModule,
  Inject,
  Module,
  type NestModule,
  type OnModuleInit,
  Optional,
  type Provider,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, HttpAdapterHost, MetadataScanner, ModuleRef } from '@nestjs/core';
import { type Tasklatch, TasklatchError, type TasklatchOptions } from '@tasklatch/core';
import { asyncOptions } from './async-options.js';
import { DEFAULT_LATCH, getTasklatchOptionsToken, getTasklatchToken } from './get-tasklatch-token.js';
import { LatchLifecycle, type LatchPlan } from './latch-lifecycle.js';
import { latchModule } from './latch-module.js';
import { type LatchRoutes, latchRoutes, mapRoutes } from './latch-routes.js';
import type {
  CallbackRoutes,
  TasklatchModuleAsyncOptions,
  TasklatchModuleExtras,
  TasklatchModuleOptions,
} from './module-options.js';
import { spareExpress, wildcardOf } from './spare-express.js';
import { spareFastify } from './spare-fastify.js';

const PLAN = Symbol('tasklatch plan');
const CALLBACKS = Symbol('tasklatch callbacks');
const TASKS = Symbol('tasklatch tasks');

/** Tasklatch in a Nest app: a latch to inject, its routes as controllers, its effects as decorated methods, its life bound to the app's. */
@Module({})
export class TasklatchModule implements NestModule, OnModuleInit {
  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Optional() @Inject(PLAN) private readonly plan: LatchPlan | undefined,
  ) {
    if (plan === undefined) {
      throw new TasklatchError(
        'invalid_options',
        'TasklatchModule was imported without options. Import TasklatchModule.forRoot(…) or TasklatchModule.forRootAsync(…).',
      );
    }
  }

  /** A latch with these options. Throws `invalid_options` when the app is made, naming the option. */
  static forRoot<Tx, Raw = unknown>(options: TasklatchModuleOptions<Tx, Raw>): DynamicModule {
    const { autoStart, callbacks, imports, isGlobal, name, stopWithinMs, tasks, ...rest } = options;
    const { decorators, guards, path, version, ...latchCallbacks } = callbacks ?? {};
    const latch = { ...rest, ...(latchCallbacks.baseUrl === undefined ? {} : { callbacks: latchCallbacks }) };
    // A factory and not a value: Nest 10 prints values to tell modules apart, and this one holds clients and keys.
    const provider: Provider = { provide: getTasklatchOptionsToken(name), useFactory: () => latch };
    return build(options, callbacks ?? false, [provider]);
  }

  /** A latch whose options are made with what is injected. What Nest must know before (name, routes) stands beside the factory. */
  static forRootAsync<Tx, Raw = unknown>(options: TasklatchModuleAsyncOptions<Tx, Raw>): DynamicModule {
    return build(options, options.callbacks ?? {}, asyncOptions(options));
  }

  /** Nest calls this before it registers routes. */
  configure(): void {
    const { httpAdapter } = this.host;
    const routes = this.plan?.routes ?? [];
    const wildcard = wildcardOf(httpAdapter);
    for (const one of routes) mapRoutes(one, wildcard);
    if (httpAdapter.getType() === 'fastify') spareFastify(httpAdapter.getInstance(), routes);
  }

  /** Nest calls this after it has registered routes; in an app without HTTP there is no adapter. */
  onModuleInit(): void {
    const adapter: HttpAdapterHost['httpAdapter'] | undefined = this.host.httpAdapter;
    if (adapter?.getType() === 'express') spareExpress(adapter.getInstance(), this.plan?.routes ?? []);
  }
}

function build<Raw>(
  extras: TasklatchModuleExtras<Raw>,
  callbacks: CallbackRoutes | false,
  options: readonly Provider[],
): DynamicModule {
  const { autoStart = true, imports = [], isGlobal = true, name = DEFAULT_LATCH, stopWithinMs, tasks } = extras;
  const latchToken = getTasklatchToken(name);
  const latch = latchModule(name, isGlobal, imports, options);
  const routes: LatchRoutes[] = [];
  const providers: Provider[] = [
    { provide: PLAN, useFactory: (): LatchPlan => ({ name, autoStart, stopWithinMs, routes }) },
    {
      provide: LatchLifecycle,
      inject: [PLAN, latchToken, getTasklatchOptionsToken(name), DiscoveryService, MetadataScanner, ModuleRef],
      useFactory: (
        plan: LatchPlan,
        made: Tasklatch<unknown>,
        given: TasklatchOptions<unknown>,
        discovery: DiscoveryService,
        scanner: MetadataScanner,
        moduleRef: ModuleRef,
      ) => new LatchLifecycle(plan, made, given, { discovery, scanner, moduleRef }),
    },
  ];
  if (callbacks !== false) {
    const { path = 'callbacks', version = VERSION_NEUTRAL } = callbacks;
    routes.push(latchRoutes({ ...callbacks, path, version, kind: 'callbacks', handlerToken: CALLBACKS }));
    providers.push({
      provide: CALLBACKS,
      inject: [latchToken],
      useFactory: (made: Tasklatch<unknown>) => made.callbacks,
    });
  }
  if (tasks !== undefined) {
    const { path = 'tasks' } = tasks;
    routes.push(latchRoutes({ ...tasks, path, kind: 'tasks', handlerToken: TASKS }));
    providers.push({
      provide: TASKS,
      inject: [latchToken],
      useFactory: (made: Tasklatch<unknown>) => made.tasks(tasks),
    });
  }
  return {
    module: TasklatchModule,
    imports: [DiscoveryModule, latch, ...imports],
    controllers: routes.map(({ controller }) => controller),
    providers,
    exports: [latch],
  };
}
