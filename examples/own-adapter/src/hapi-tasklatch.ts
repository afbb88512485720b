import type { Plugin, Request, ResponseToolkit } from '@hapi/hapi';
import {
  fromNodeRequest,
  type HttpHandler,
  sendNodeAnswer,
  type TaskHandlerOptions,
  type Tasklatch,
} from '@tasklatch/core';

export interface HapiTasklatchOptions extends TaskHandlerOptions<Request> {
  readonly latch: Pick<Tasklatch<unknown>, 'callbacks' | 'tasks'>;
  readonly callbacksAt: string;
  readonly tasksAt: string;
}

/** `await server.register({ plugin: hapiTasklatch, options: { latch, callbacksAt: "/callbacks", tasksAt: "/tasks", owner } })`. */
export const hapiTasklatch: Plugin<HapiTasklatchOptions> = {
  name: 'tasklatch',
  register(server, { callbacksAt, latch, tasksAt, ...taskOptions }) {
    function serve(mount: string, handler: HttpHandler): void {
      server.route({
        method: '*',
        path: `${mount}/{below*}`,
        // Nothing reads the body before the core does, nothing refuses it for its type, and the size limit is the core's.
        options: {
          payload: { parse: false, output: 'stream', override: ANY, maxBytes: Number.MAX_SAFE_INTEGER, timeout: false },
        },
        async handler(request: Request, h: ResponseToolkit) {
          const { req, res } = request.raw;
          // As it came: `request.path` is normalised, `request.params` decoded.
          const path = (req.url ?? '/').replace(/^http:\/\/[^/?]*/, '').slice(mount.length);
          // An error of `owner` or `expose` rejects: hapi's error handling gets it.
          const answer = await handler(
            fromNodeRequest(req, res, { path, raw: request, rawBodyFix: 'remove what reads it first.' }),
          );
          // What fails now, in the middle of a stream, is too late for an answer.
          await sendNodeAnswer(res, answer).catch((error: Error) => request.log('error', error));
          return h.abandon;
        },
      });
    }
    serve(callbacksAt, latch.callbacks);
    serve(tasksAt, latch.tasks(taskOptions));
  },
};

const ANY = 'application/octet-stream';
