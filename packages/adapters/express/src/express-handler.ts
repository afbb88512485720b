import { type FromNodeOptions, fromNodeRequest, type HttpHandler, sendNodeAnswer } from '@tasklatch/core';
import type { Request, RequestHandler } from 'express';

/** Serves a handler of the core under whatever path it is mounted at. Errors of the app's own functions go to `next`. */
export function expressHandler(
  handler: HttpHandler,
  options: Pick<FromNodeOptions, 'rawBodyFix'> = {},
): RequestHandler {
  return (request: Request, response, next) => {
    // Express cuts the mount path off `url`, and keeps the query.
    handler(fromNodeRequest(request, response, { ...options, path: request.url }))
      .then((answer) => sendNodeAnswer(response, answer))
      // To Express, `next()` with nothing means that all is well.
      .catch((error: unknown) => next(error ?? new Error('A function of the app threw nothing.')));
  };
}
