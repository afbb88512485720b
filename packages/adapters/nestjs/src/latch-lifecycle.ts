import type { OnApplicationBootstrap, OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import { type Tasklatch, TasklatchError, type TasklatchOptions } from '@tasklatch/core';
import { DEFAULT_LATCH } from './get-tasklatch-token.js';
import type { LatchRoutes } from './latch-routes.js';
import { nestLogger } from './nest-logger.js';
import { type EffectScan, registerEffects } from './register-effects.js';

/** What one call of `forRoot` asked for. */
export interface LatchPlan {
  readonly name: string;
  readonly autoStart: boolean;
  readonly stopWithinMs: number | undefined;
  readonly routes: readonly LatchRoutes[];
}

/** Binds a latch to the life of the app: effects once all providers are made, start when the app is up, stop before anything is torn down. */
export class LatchLifecycle implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    private readonly plan: LatchPlan,
    private readonly latch: Tasklatch<unknown>,
    private readonly options: Pick<TasklatchOptions<unknown>, 'callbacks'>,
    private readonly scan: EffectScan,
  ) {}

  onModuleInit(): void {
    const names = this.scan.discovery
      .getProviders()
      .map(({ instance }) => (instance instanceof LatchLifecycle ? instance.plan.name : undefined))
      .filter((name) => name !== undefined);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) {
      throw new TasklatchError(
        'invalid_options',
        twice === DEFAULT_LATCH
          ? 'Two TasklatchModules have no name. Import what forRoot returned once, or give each further latch a `name`.'
          : `Two TasklatchModules are named "${twice}". Give each latch a name of its own.`,
      );
    }
    registerEffects(this.latch, this.plan.name, names, this.scan);
  }

  async onApplicationBootstrap(): Promise<void> {
    this.warnOfMount();
    if (this.plan.autoStart) await this.latch.start();
  }

  async onModuleDestroy(): Promise<void> {
    const { stopWithinMs: withinMs } = this.plan;
    await this.latch.stop(withinMs === undefined ? {} : { withinMs });
  }

  /** A global prefix or a version is easily forgotten in `baseUrl`, and then every callback is a 404. */
  private warnOfMount(): void {
    const { baseUrl } = this.options.callbacks ?? {};
    const mounts = this.plan.routes.filter(({ kind }) => kind === 'callbacks').flatMap((routes) => [...routes.mounts]);
    if (baseUrl === undefined || mounts.length === 0) return;
    const { pathname } = new URL(baseUrl);
    // A proxy in front may take something off the path, so the end decides. What a parameter of the path stands for is not known.
    const fits = (mount: string): boolean => mount.includes(':') || pathname.replace(/\/+$/, '').endsWith(mount);
    if (mounts.some(fits)) return;
    nestLogger(contextOf(this.plan.name)).warn(
      {},
      `The callback routes are mounted at ${mounts.join(' and ')}, and \`callbacks.baseUrl\` ends otherwise. Unless a proxy rewrites the path, no callback will arrive.`,
    );
  }
}

/** What Nest's logger shows before a line. */
export const contextOf = (name: string): string => (name === DEFAULT_LATCH ? 'Tasklatch' : `Tasklatch:${name}`);
