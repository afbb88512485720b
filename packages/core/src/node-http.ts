import type { IncomingMessage, ServerResponse } from 'node:http';
import { TasklatchError } from './errors.js';
import type { HttpAnswer, HttpBody, HttpHandler, HttpRequest } from './http.js';

/** What body parsers leave on a Node request, besides what Node puts there. */
export type NodeRequest = IncomingMessage & {
  readonly body?: unknown;
  readonly rawBody?: unknown;
  readonly originalUrl?: string;
};

export interface FromNodeOptions {
  /** Path below the mount point, with its query. Default: `request.url`. */
  readonly path?: string;
  /** Default: `request`. */
  readonly raw?: unknown;
  readonly rawBodyFix?: string;
}

const FIX = 'hand the request over before anything reads its stream, or keep the bytes as a Buffer in request.rawBody.';

/** The request as the core takes it. Reads the stream itself, and only when the body is asked for. */
export function fromNodeRequest(
  request: NodeRequest,
  response: ServerResponse,
  options: FromNodeOptions = {},
): HttpRequest {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  return {
    method: request.method ?? 'GET',
    path: options.path ?? request.url ?? '/',
    header(name) {
      const value = request.headers[name.toLowerCase()];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    *headers() {
      for (const [name, value] of Object.entries(request.headers)) {
        if (value !== undefined) yield [name, Array.isArray(value) ? value.join(', ') : value] as const;
      }
    },
    body: (limitBytes) => nodeBody(request, limitBytes),
    signal: gone.signal,
    rawBodyFix: options.rawBodyFix ?? FIX,
    raw: options.raw ?? request,
  };
}

async function nodeBody(request: NodeRequest, limitBytes: number): Promise<HttpBody> {
  const left = bytesLeft(request);
  if (left !== undefined) {
    if (left.bytes.byteLength > limitBytes) throw tooLarge(limitBytes);
    return left;
  }
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw tooLarge(limitBytes);
  if (request.readableEnded || request.destroyed) {
    throw new TasklatchError(
      request.readableEnded ? 'body_consumed' : 'body_aborted',
      `The body of this request is gone. Fix: ${FIX}`,
    );
  }
  return { bytes: await readStream(request, limitBytes), exact: true };
}

/** What a parser that ran before left of the body. */
function bytesLeft({ body, rawBody, readableEnded }: NodeRequest): HttpBody | undefined {
  for (const kept of [rawBody, body]) if (kept instanceof Uint8Array) return { bytes: kept, exact: true };
  if (typeof rawBody === 'string') return { bytes: Buffer.from(rawBody), exact: true };
  // Express 4 puts an empty object there before any parser ran; only an ended stream tells that one did.
  if (!readableEnded || body === undefined || body === null) return undefined;
  if (typeof body === 'string') return { bytes: Buffer.from(body), exact: false };
  return { bytes: Buffer.from(JSON.stringify(body)), exact: false };
}

function readStream(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const done = (settle: () => void): void => {
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
      settle();
    };
    const onData = (chunk: Buffer): void => {
      length += chunk.byteLength;
      if (length <= limitBytes) chunks.push(chunk);
      else {
        // The rest is not read: the answer goes out and the connection is closed.
        request.pause();
        done(() => reject(tooLarge(limitBytes)));
      }
    };
    const onEnd = (): void => done(() => resolve(Buffer.concat(chunks, length)));
    const onGone = (): void =>
      done(() => reject(new TasklatchError('body_aborted', 'The client went before its body was complete.')));
    request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
}

const tooLarge = (limitBytes: number): TasklatchError =>
  new TasklatchError(
    'body_too_large',
    `The body is larger than ${limitBytes} bytes. Raise \`callbacks.limitBytes\` if this sender's bodies really are.`,
  );

/** Writes the answer, a stream as it comes. Resolves when it is out or the client has gone. */
export async function sendNodeAnswer(response: ServerResponse, answer: HttpAnswer): Promise<void> {
  const { body, headers, status } = answer;
  if (typeof body === 'string') {
    response.writeHead(status, {
      ...headers,
      ...(status === 204 ? {} : { 'content-length': Buffer.byteLength(body) }),
    });
    response.end(body);
    return;
  }
  response.writeHead(status, headers);
  response.flushHeaders();
  // Compression middleware holds data back until it is told to flush.
  const flush: unknown = 'flush' in response ? response.flush : undefined;
  for await (const chunk of body) {
    if (response.destroyed) break;
    const room = response.write(chunk);
    if (typeof flush === 'function') flush.call(response);
    if (!room) await drained(response);
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
  });

/** A listener for `http.createServer`, or anything that hands out Node's own request and response. `mount` is cut off the path. */
export function toNodeListener(
  handler: HttpHandler,
  mount = '',
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const url = request.url ?? '/';
    const path = mount !== '' && url.startsWith(mount) ? url.slice(mount.length) || '/' : url;
    handler(fromNodeRequest(request, response, { path }))
      .then((answer) => sendNodeAnswer(response, answer))
      .catch(() => {
        // Only the app's own functions get here (owner); Node has no error handling to pass it to.
        if (!response.headersSent) response.writeHead(500, { 'content-type': 'application/json' });
        response.end('{"error":"internal"}');
      });
  };
}
