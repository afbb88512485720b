import { All, Controller, Inject, Req, Res, type Type, UseGuards } from '@nestjs/common';
import { type HttpHandler, TasklatchError } from '@tasklatch/core';
import type { RouteOptions } from './module-options.js';
import { type PlatformRequest, type PlatformResponse, serveNest } from './serve-nest.js';

/** A controller of ours, and where the app mounted it. */
export interface LatchRoutes {
  readonly kind: 'callbacks' | 'tasks';
  readonly path: string;
  readonly controller: Type<unknown>;
  /** Full paths with prefix and version, known once Nest has registered its routes. */
  readonly mounts: Set<string>;
}

export interface LatchRoutesOptions extends RouteOptions {
  readonly kind: LatchRoutes['kind'];
  readonly path: string;
  /** Of the provider that is the handler. */
  readonly handlerToken: symbol;
}

/** A Nest controller, so that the app's guards, filters, prefix and versioning apply to it as to the app's own. */
export function latchRoutes(options: LatchRoutesOptions): LatchRoutes {
  const { decorators = [], guards = [], handlerToken, kind, version } = options;
  const path = options.path.replace(/^\/+|\/+$/g, '');
  if (path === '') {
    throw new TasklatchError(
      'invalid_options',
      `\`${kind}.path\` must be a path of its own, like "${kind}": everything below it belongs to Tasklatch.`,
    );
  }

  @UseGuards(...guards)
  @Controller({ path, ...(version === undefined ? {} : { version }) })
  class LatchController {
    constructor(@Inject(handlerToken) private readonly handler: HttpHandler) {}

    // Answers by itself, so that the app's interceptors can look on but not change what providers and event sources need.
    answer(@Req() request: PlatformRequest, @Res() response: PlatformResponse): Promise<void> {
      return serveNest(this.handler, request, response);
    }
  }
  // Nest's start-up log shows it.
  Object.defineProperty(LatchController, 'name', {
    value: kind === 'callbacks' ? 'TasklatchCallbacksController' : 'TasklatchTasksController',
  });
  for (const decorate of decorators) decorate(LatchController);
  return { kind, path, controller: LatchController, mounts: new Set() };
}

/** Maps the controller to its mount path and all below, in the path syntax of the platform. Before Nest registers its routes. */
export function mapRoutes({ controller }: LatchRoutes, wildcard: string): void {
  const target: object = controller.prototype;
  const answer = Object.getOwnPropertyDescriptor(target, 'answer');
  if (answer !== undefined) All([wildcard, ''])(target, 'answer', answer);
}

/**
 * Whose routes a registered path is of, which then know their mount; undefined for one of the app. Nest puts prefix and version before what was
 * asked for, so the end tells; the mount path itself comes after the wildcard below it.
 */
export function claimPath(all: readonly LatchRoutes[], registered: string): LatchRoutes['kind'] | undefined {
  const [mount = '', below] = registered.split(/\/(?=\*)/, 2);
  if (below === undefined) return all.find(({ mounts }) => mounts.has(mount))?.kind;
  const mine = all.filter(({ path }) => mount.endsWith(`/${path}`));
  for (const { mounts } of mine) mounts.add(mount);
  return mine[0]?.kind;
}
