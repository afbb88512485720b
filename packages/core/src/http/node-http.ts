import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { HttpAnswer, HttpHandler, HttpRequest } from '../http.js';
import { belowMount } from './below-mount.js';
import { nodeBody } from './node-body.js';

/** What body parsers leave on a Node request, besides what Node puts there. */
export type NodeRequest = IncomingMessage & {
  readonly body?: unknown;
  readonly rawBody?: unknown;
};

export interface FromNodeOptions {
  /** Path below the mount point, with its query. Default: `request.url`. */
  readonly path?: string;
  /** The framework's own request. Default: `request`. */
  readonly raw?: unknown;
  /** The line of code that gets the raw bytes here in this framework. */
  readonly rawBodyFix?: string;
  /** What body parsers left, in a framework where that is not on `request`. */
  readonly parsed?: { readonly body?: unknown; readonly rawBody?: unknown };
  /** Where the body is to be read, if something before replaced the stream. */
  readonly stream?: Readable;
  /** Ends live streams from the server's side. */
  readonly signal?: AbortSignal;
}

const FIX = 'hand the request over before anything reads its stream, or keep the bytes as a Buffer in request.rawBody.';

/** The request as the core takes it. Reads the stream itself, and only when the body is asked for. */
export function fromNodeRequest(
  request: NodeRequest,
  response: ServerResponse,
  options: FromNodeOptions = {},
): HttpRequest {
  const { parsed = request, path = request.url ?? '/', raw = request, rawBodyFix = FIX, stream = request } = options;
  const gone = new AbortController();
  if (response.destroyed) gone.abort();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  const joined = (value: string | readonly string[] | undefined): string | undefined =>
    typeof value === 'object' ? value.join(', ') : value;
  return {
    method: request.method ?? 'GET',
    path: belowMount(path, '') ?? '/',
    header: (name) => joined(request.headers[name.toLowerCase()]),
    body: (limitBytes) =>
      nodeBody(
        {
          headers: request.headers,
          stream,
          untouched: stream === request,
          body: parsed.body,
          rawBody: parsed.rawBody,
          fix: rawBodyFix,
        },
        limitBytes,
      ),
    signal: options.signal === undefined ? gone.signal : AbortSignal.any([gone.signal, options.signal]),
    rawBodyFix,
    raw,
  };
}

/** Writes the answer, a stream as it comes. Resolves when it is out or the client has gone. */
export async function sendNodeAnswer(response: ServerResponse, answer: HttpAnswer): Promise<void> {
  const { body, headers, status } = answer;
  // Something else has answered meanwhile, a time limit of the app's for instance.
  if (response.headersSent || response.destroyed) return;
  if (typeof body === 'string') {
    const length = status === 204 ? {} : { 'content-length': Buffer.byteLength(body) };
    response.writeHead(status, { ...headers, ...length });
    response.end(body);
    return;
  }
  response.writeHead(status, headers);
  try {
    for await (const chunk of body) {
      if (response.destroyed) break;
      const room = response.write(chunk);
      if (!room) await drained(response);
    }
  } catch (error) {
    // What breaks off in the middle must not look complete, whatever the app's error handling does now.
    response.destroy();
    throw error;
  }
  response.end();
}

const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      response.off('drain', end).off('close', end);
      resolve();
    };
    response.on('drain', end).on('close', end);
    // Gone meanwhile: neither will come.
    if (response.destroyed) end();
  });

/**
 * A listener for `http.createServer`, or anything that hands out Node's own request and response (Connect, Polka). `mount` is the path it is
 * served under. With `next`, other paths and errors of the app's own functions (`owner`) go there; without, they are answered 404 and 500.
 */
export function toNodeListener(
  handler: HttpHandler,
  mount = '',
): (request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void) => void {
  return (request, response, next) => {
    const path = belowMount(request.url ?? '/', mount);
    const fail = (status: number, error: string): void => {
      void sendNodeAnswer(response, { status, headers: JSON_TYPE, body: JSON.stringify({ error }) });
    };
    if (path === undefined) {
      if (next === undefined) fail(404, 'not_found');
      else next();
      return;
    }
    handler(fromNodeRequest(request, response, { path }))
      .then((answer) => sendNodeAnswer(response, answer))
      .catch((error: unknown) => {
        if (next === undefined) fail(500, 'internal');
        else next(error ?? new Error('A function of the app threw nothing.'));
      });
  };
}

const JSON_TYPE = { 'content-type': 'application/json' };
