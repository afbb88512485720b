import type { CallbackHandler } from '@tasklatch/core';
import type { Middleware } from 'koa';
import { type KoaMountOptions, koaHandler } from './koa-handler.js';

const FIX =
  'put app.use(koaCallbacks(latch, { prefix })) above app.use(bodyParser()) or app.use(koaBody()), or keep the text with koaBody({ includeUnparsed: true }).';

/**
 * Takes callbacks: `app.use(koaCallbacks(latch, { prefix: "/callbacks" }))`. Mounted before body parsers it reads the bytes itself; after them it
 * uses what they left (`ctx.request.rawBody`, or, for providers that sign nothing, the parsed body).
 */
export const koaCallbacks = (
  latch: { readonly callbacks: CallbackHandler },
  options: KoaMountOptions = {},
): Middleware => koaHandler(latch.callbacks, { ...options, rawBodyFix: FIX });
