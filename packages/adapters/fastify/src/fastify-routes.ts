import { Readable } from 'node:stream';
import { fromNodeRequest, type HttpHandler } from '@tasklatch/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { withoutToken } from './without-token.js';

export interface FastifyRoutesOptions {
  /** The latch to stop when the app closes. Default: none; closing the app only ends its live streams. */
  readonly stop?: { stop(): Promise<void> } | undefined;
  readonly rawBodyFix?: string;
  /** Whether a path holds a token that no log may show. */
  readonly secretPath: boolean;
}

/** Serves a handler of the core under the prefix of `instance`, whose body parsers it takes away. */
export function fastifyRoutes(instance: FastifyInstance, handler: HttpHandler, options: FastifyRoutesOptions): void {
  const { rawBodyFix = '', secretPath, stop } = options;
  const closing = new AbortController();
  // Not `onClose`: that waits until no request is open, and a live stream always is.
  instance.addHook('preClose', async () => {
    closing.abort();
    await stop?.stop();
  });
  // The body stays a stream, for the core to read. Fastify and what inflates bodies are shown a plain one: whatever a sender calls its bytes is no
  // reason to touch them or to turn a delivery away. The core sees the headers as they came.
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  instance.addHook('preParsing', async (request) => {
    request.headers = { 'content-type': 'application/octet-stream', 'content-encoding': undefined };
  });

  const depth = instance.prefix.split('/').filter((segment) => segment !== '').length;
  async function serve(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { body: stream, raw } = request;
    const answer = await handler(
      fromNodeRequest(raw, reply.raw, {
        path: below(raw.url ?? '/', depth),
        raw: request,
        rawBodyFix,
        signal: closing.signal,
        // A hook that inflates or decrypts puts another stream in its place.
        ...(stream instanceof Readable ? { stream } : {}),
      }),
    );
    const { body, headers, status } = answer;
    return reply
      .code(status)
      .headers(headers)
      .send(typeof body === 'string' ? (status === 204 ? undefined : body) : Readable.from(body));
  }
  // fastify-raw-body would read the stream too.
  const config: Record<string, unknown> = { rawBody: false };
  const route = { config, ...(secretPath ? { logSerializers: { ...withoutToken(instance.log, depth) } } : {}) };
  instance.all('/', route, serve);
  instance.all('/*', route, serve);
}

/** The path without its first `depth` segments, as it came: a prefix may have parameters, and escapes that the router has read. */
function below(target: string, depth: number): string {
  const [path = '', ...query] = target.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?]*/i, '').split('?');
  const segments = path.split('/').slice(depth + 1);
  return [`/${segments.join('/')}`, ...query].join('?');
}
