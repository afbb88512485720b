import { TasklatchError } from '../errors.js';
import type { HttpAnswer, HttpBody, HttpHandler, HttpRequest } from '../http.js';
import { belowMount } from './below-mount.js';

/**
 * A handler for hosts that speak the fetch standard (Hono, Next.js route handlers, Bun, Deno, workers): `Request` in, `Response` out. `mount`
 * is the path it is served under. Errors of the app's own functions (`owner`) reject, so that they reach the host's error handling.
 */
export function toFetchHandler(handler: HttpHandler, mount = ''): (request: Request) => Promise<Response> {
  return async (request) => {
    const { pathname, search } = new URL(request.url);
    const path = belowMount(pathname + search, mount);
    if (path === undefined) return Response.json({ error: 'not_found' }, { status: 404 });
    // Not every host aborts `request.signal` when the client goes, but all of them cancel the body of the answer.
    const gone = new AbortController();
    const answer = await handler(fromFetchRequest(request, path, AbortSignal.any([request.signal, gone.signal])));
    return toResponse(answer, () => gone.abort());
  };
}

const fromFetchRequest = (request: Request, path: string, signal: AbortSignal): HttpRequest => ({
  method: request.method,
  path,
  header: (name) => request.headers.get(name) ?? undefined,
  body: (limitBytes) => readBody(request, limitBytes),
  signal,
  rawBodyFix: 'pass the Request on before anything calls its json(), text() or arrayBuffer(), or pass request.clone().',
  raw: request,
});

async function readBody(request: Request, limitBytes: number): Promise<HttpBody> {
  if (request.bodyUsed) throw new TasklatchError('body_consumed', 'The body of this Request was read before.');
  if (Number(request.headers.get('content-length') ?? 0) > limitBytes) throw tooLarge(limitBytes);
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = request.body?.getReader();
  while (reader !== undefined) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw new TasklatchError('body_aborted', 'The client went before its body was complete.', { cause });
    });
    if (done) break;
    length += value.byteLength;
    if (length > limitBytes) {
      // The answer is 413 either way; a failing cancel has nothing to add.
      reader.cancel().catch(() => undefined);
      throw tooLarge(limitBytes);
    }
    chunks.push(value);
  }
  return { bytes: Buffer.concat(chunks, length), exact: true };
}

const tooLarge = (limitBytes: number): TasklatchError =>
  new TasklatchError(
    'body_too_large',
    `The body is larger than ${limitBytes} bytes. Raise \`callbacks.limitBytes\` if this sender's bodies really are.`,
  );

function toResponse({ body, headers, status }: HttpAnswer, gone: () => void): Response {
  // `connection` belongs to HTTP/1.1 and is not the handler's to say here.
  const { connection: _connection, ...sent } = headers;
  if (typeof body === 'string') return new Response(status === 204 ? null : body, { status, headers: sent });
  const chunks = body[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done === true) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      gone();
      await chunks.return?.();
    },
  });
  return new Response(stream, { status, headers: sent });
}
