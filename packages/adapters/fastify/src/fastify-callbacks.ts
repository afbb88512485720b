import type { CallbackHandler } from '@tasklatch/core';
import type { FastifyPluginAsync } from 'fastify';
import { fastifyRoutes } from './fastify-routes.js';

export interface FastifyCallbacksOptions {
  readonly latch: { readonly callbacks: CallbackHandler; stop(): Promise<void> };
  /** Stops the latch when the app closes: what runs ends, and deliveries that still come are told to come again. Default false. */
  readonly stopLatch?: boolean;
}

const FIX =
  'no hook before the callback routes may read or replace their body; register fastifyCallbacks outside of plugins that inflate bodies.';

/**
 * Takes callbacks: `app.register(fastifyCallbacks, { prefix: "/callbacks", latch })`. The plugin has a body parser of its own; those of the app
 * stay as they are, and do not touch it.
 */
export const fastifyCallbacks: FastifyPluginAsync<FastifyCallbacksOptions> = async (
  instance,
  { latch, stopLatch = false },
) =>
  fastifyRoutes(instance, latch.callbacks, {
    rawBodyFix: FIX,
    secretPath: true,
    ...(stopLatch ? { stop: latch } : {}),
  });
