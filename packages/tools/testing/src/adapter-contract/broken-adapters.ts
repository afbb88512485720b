import type { IncomingMessage, ServerResponse } from 'node:http';
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  fromNodeRequest,
  type HttpAnswer,
  type HttpHandler,
  type HttpRequest,
  type NodeRequest,
  sendNodeAnswer,
  type toNodeListener,
} from '@tasklatch/core';

type ToListener = typeof toNodeListener;

/** What an adapter is made of; each broken one replaces a part. */
interface Parts {
  below(url: string, mount: string): string | undefined;
  request(made: HttpRequest, from: NodeRequest): HttpRequest;
  handle(handler: HttpHandler, request: HttpRequest): Promise<HttpAnswer>;
  send(response: ServerResponse, answer: HttpAnswer): Promise<void>;
  fail(error: unknown, next: (error?: unknown) => void, response: ServerResponse): void;
}

const honest: Parts = {
  below(url, mount) {
    const path = url.replace(/^http:\/\/[^/]*/, '');
    const below = path.slice(mount.length);
    if (!path.startsWith(mount) || !/^($|[/?])/.test(below)) return undefined;
    return below.startsWith('/') ? below : `/${below}`;
  },
  request: (made) => made,
  handle: (handler, request) => handler(request),
  send: sendNodeAnswer,
  fail: (error, next) => next(error),
};

const adapter =
  (over: Partial<Parts>): ToListener =>
  (handler, mount = '') => {
    const parts = { ...honest, ...over };
    return (request: IncomingMessage, response, next = () => undefined) => {
      const path = parts.below(request.url ?? '/', mount);
      if (path === undefined) return next();
      parts
        .handle(handler, parts.request(fromNodeRequest(request, response, { path }), request))
        .then((answer) => parts.send(response, answer))
        .catch((error: unknown) => parts.fail(error, next, response));
    };
  };

/** Changes the bytes on their way. */
const rewriting = (change: (bytes: Buffer, request: HttpRequest) => Uint8Array, exact?: boolean): Partial<Parts> => ({
  request: (made) => ({
    ...made,
    async body(limitBytes) {
      const body = await made.body(limitBytes);
      return { bytes: change(Buffer.from(body.bytes), made), exact: exact ?? body.exact };
    },
  }),
});

async function wholeBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function textOf(body: HttpAnswer['body']): Promise<string> {
  if (typeof body === 'string') return body;
  let text = '';
  for await (const piece of body) text += piece;
  return text;
}

let queue: Promise<unknown> = Promise.resolve();

export const HONEST: ToListener = adapter({});

/** Each breaks one promise; beside it, the name of a case that must notice. */
export const BROKEN: Record<string, readonly [listener: ToListener, noticed: RegExp]> = {
  'reads the body as text': [
    adapter(rewriting((bytes) => Buffer.from(bytes.toString('utf8')))),
    /bytes that are no UTF-8/,
  ],
  'parses JSON and prints it again': [
    adapter(
      rewriting((bytes) => {
        try {
          return Buffer.from(JSON.stringify(JSON.parse(bytes.toString())));
        } catch {
          return bytes;
        }
      }),
    ),
    /odd spacing/,
  ],
  'drops the byte order mark': [
    adapter(rewriting((bytes) => Buffer.from(bytes.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, ''), 'latin1'))),
    /byte order mark/,
  ],
  'inflates what is compressed': [
    adapter(rewriting((bytes, request) => (request.header('content-encoding') === 'gzip' ? gunzipSync(bytes) : bytes))),
    /hands over a gzip body/,
  ],
  'takes the first chunk for the whole body': [
    adapter({
      request: (made, from) => ({
        ...made,
        body: () =>
          new Promise((resolve) => {
            from.once('data', (bytes: Buffer) => resolve({ bytes, exact: true }));
            from.once('end', () => resolve({ bytes: Buffer.alloc(0), exact: true }));
          }),
      }),
    }),
    /large body whole/,
  ],
  'calls a printed body exact': [adapter(rewriting((bytes) => bytes, true)), /signed bytes after the parser "json"/],
  'does not look at what a parser left': [
    adapter({
      request: (made, from) => ({ ...made, body: async () => ({ bytes: await wholeBody(from), exact: true }) }),
    }),
    /after the parser "raw"/,
  ],
  'looks headers up as they are written': [
    adapter({ request: (made, from) => ({ ...made, header: (name) => from.headers[name]?.toString() }) }),
    /headers in any case/,
  ],
  'takes the first of repeated headers': [
    adapter({ request: (made) => ({ ...made, header: (name) => made.header(name)?.split(', ')[0] }) }),
    /joins repeated ones/,
  ],
  'does not cut the mount path off': [
    adapter({ below: (url, at) => (url.startsWith(at) ? url : undefined) }),
    /works mounted at/,
  ],
  'takes the neighbours of its mount path too': [
    adapter({
      below: (url, at) => (url.startsWith(at) ? `/${url.slice(at.length).replace(/^[^/]*\//, '')}` : undefined),
    }),
    /leaves the neighbours/,
  ],
  'keeps every other path to itself': [
    adapter({ below: (url, at) => honest.below(url, at) ?? '/nowhere' }),
    /works mounted at|leaves the neighbours/,
  ],
  'loses the query': [adapter({ below: (url, at) => honest.below(url, at)?.split('?')[0] }), /escapes and query/],
  'decodes the path': [
    adapter({
      below: (url, at) => {
        const path = honest.below(url, at);
        return path === undefined ? undefined : decodeURIComponent(path);
      },
    }),
    /escapes and query/,
  ],
  'knows no absolute request target': [
    adapter({ below: (url, at) => (url.startsWith('http') ? undefined : honest.below(url, at)) }),
    /absolute form/,
  ],
  'says GET for HEAD': [
    adapter({ request: (made) => ({ ...made, method: made.method === 'HEAD' ? 'GET' : made.method }) }),
    /405 to HEAD on the task routes/,
  ],
  'answers 200 to everything': [
    adapter({ send: (to, answer) => sendNodeAnswer(to, { ...answer, status: 200 }) }),
    /answers 401/,
  ],
  'loses the headers of the answer': [
    adapter({ send: (to, answer) => sendNodeAnswer(to, { ...answer, headers: {} }) }),
    /answers 405 to GET|503 with Retry-After/,
  ],
  'drops errors': [adapter({ fail: () => undefined }), /an error of `owner`/],
  "answers the app's errors itself": [
    adapter({ fail: (_error, _next, response) => void response.writeHead(500).end('{"error":"internal"}') }),
    /an error of `owner`/,
  ],
  'takes errors for other paths': [adapter({ fail: (_error, next) => next() }), /an error of `owner`/],
  'reads a body to its end, whatever the limit': [
    adapter({
      request: (made, from) => ({ ...made, body: async () => ({ bytes: await wholeBody(from), exact: true }) }),
    }),
    /exactly the limit|endless body/,
  ],
  'waits for ever for a client that went': [
    adapter({
      request: (made) => ({
        ...made,
        body: (limitBytes) =>
          made
            .body(limitBytes)
            .catch((error) => (error.code === 'body_aborted' ? new Promise(() => undefined) : Promise.reject(error))),
      }),
    }),
    /disconnects in the middle of its body/,
  ],
  'answers before the store has committed': [
    adapter({
      async handle(handler, request) {
        if (request.method !== 'POST') return handler(request);
        const { bytes, exact } = await request.body(1e6);
        handler({ ...request, body: async () => ({ bytes, exact }) }).catch(() => undefined);
        return { status: 200, headers: {}, body: '{"ok":true}' };
      },
    }),
    /says nothing before the store has committed/,
  ],
  'serves one request after the other': [
    adapter({
      handle: (handler, request) => {
        const answer = queue.then(() => handler(request));
        queue = answer.catch(() => undefined);
        return answer;
      },
    }),
    /not stopped by slow clients/,
  ],
  'sends a stream when it is over': [
    adapter({ send: async (to, answer) => sendNodeAnswer(to, { ...answer, body: await textOf(answer.body) }) }),
    /streams each state at once/,
  ],
  'compresses streams': [
    adapter({
      async send(to, { body, headers, status }) {
        if (typeof body === 'string') return sendNodeAnswer(to, { body, headers, status });
        to.writeHead(status, { ...headers, 'content-encoding': 'gzip' });
        for await (const piece of body) to.write(gzipSync(piece));
        to.end();
      },
    }),
    /streams each state at once/,
  ],
  'does not notice that a watcher has gone': [
    adapter({
      request: (made) => ({ ...made, signal: new AbortController().signal }),
      send: (to, { body, headers, status }) =>
        typeof body === 'string'
          ? sendNodeAnswer(to, { body, headers, status })
          : (async () => {
              to.writeHead(status, headers);
              for await (const piece of body) to.write(piece);
              to.end();
            })(),
    }),
    /frees everything when a watcher goes/,
  ],
  'starts every stream anew': [
    adapter({
      request: (made) => ({ ...made, header: (name) => (name === 'last-event-id' ? undefined : made.header(name)) }),
    }),
    /goes on after `Last-Event-ID`/,
  ],
  'leaves a broken stream open': [
    adapter({
      async send(to, { body, headers, status }) {
        if (typeof body === 'string') return sendNodeAnswer(to, { body, headers, status });
        to.writeHead(status, headers);
        try {
          for await (const piece of body) to.write(piece);
          to.end();
        } catch {
          // Nobody hears of it.
        }
      },
    }),
    /in whose middle `expose` throws/,
  ],
};
