import type { CallbackHandler } from '@tasklatch/core';
import type { RequestHandler } from 'express';
import { expressHandler } from './express-handler.js';

const FIX =
  'put app.use("/callbacks", expressCallbacks(latch)) above app.use(express.json()), or keep the bytes with express.json({ verify: (req, _res, bytes) => { req.rawBody = bytes; } }).';

/**
 * Takes callbacks: `app.use("/callbacks", expressCallbacks(latch))`. Mounted before body parsers it reads the bytes itself; after them it uses
 * what they left (`express.raw()`, or `rawBody` kept by a `verify` hook, or, for providers that sign nothing, the parsed body).
 */
export const expressCallbacks = (latch: { readonly callbacks: CallbackHandler }): RequestHandler =>
  expressHandler(latch.callbacks, { rawBodyFix: FIX });
