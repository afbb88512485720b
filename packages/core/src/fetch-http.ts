import { TasklatchError } from './errors.js';
import type { HttpAnswer, HttpHandler, HttpRequest } from './http.js';

/**
 * A handler for hosts that speak the fetch standard (Hono, Next.js route handlers, Bun, Deno, workers): `Request` in, `Response` out. `mount`
 * is the path it is served under, cut off before routing.
 */
export function toFetchHandler(handler: HttpHandler, mount = ''): (request: Request) => Promise<Response> {
  return async (request) => toResponse(await handler(fromFetchRequest(request, mount)));
}

function fromFetchRequest(request: Request, mount: string): HttpRequest {
  const url = new URL(request.url);
  const whole = url.pathname + url.search;
  const path = mount !== '' && whole.startsWith(mount) ? whole.slice(mount.length) : whole;
  return {
    method: request.method,
    path: path.startsWith('/') ? path : `/${path}`,
    header: (name) => request.headers.get(name) ?? undefined,
    headers: () => request.headers.entries(),
    async body(limitBytes) {
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
    },
    signal: request.signal,
    rawBodyFix:
      'pass the Request on before anything calls its json(), text() or arrayBuffer(), or pass request.clone().',
    raw: request,
  };
}

const tooLarge = (limitBytes: number): TasklatchError =>
  new TasklatchError('body_too_large', `The body is larger than ${limitBytes} bytes.`);

function toResponse({ body, headers, status }: HttpAnswer): Response {
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
      await chunks.return?.();
    },
  });
  return new Response(stream, { status, headers: sent });
}
