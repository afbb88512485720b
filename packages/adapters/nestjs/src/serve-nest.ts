import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { Logger } from '@nestjs/common';
import {
  belowMount,
  fromNodeRequest,
  type HttpAnswer,
  type HttpHandler,
  type NodeRequest,
  sendNodeAnswer,
} from '@tasklatch/core';

/** What is used of a request of platform-express, which is Node's own. */
type ExpressRequest = NodeRequest & { readonly route?: { readonly path?: unknown } };

/** What is used of a request of platform-fastify, and of its reply. */
interface FastifyRequest {
  readonly raw: NodeRequest;
  readonly body?: unknown;
  readonly rawBody?: unknown;
  readonly routeOptions?: { readonly url?: string | undefined };
}

interface FastifyReply {
  readonly raw: ServerResponse;
  readonly sent: boolean;
  code(status: number): FastifyReply;
  headers(headers: Readonly<Record<string, string>>): FastifyReply;
  send(body?: string | Readable): unknown;
}

export type PlatformRequest = ExpressRequest | FastifyRequest;
export type PlatformResponse = ServerResponse | FastifyReply;

const FIX =
  'keep what reads bodies off the callback routes (consumer.apply(parser).exclude("callbacks/*path")), or let it leave the bytes as a Buffer in request.rawBody.';

/** Serves a handler of the core from a Nest controller. Rejects with what the app's own functions throw, for the app's exception filters. */
export async function serveNest(
  handler: HttpHandler,
  request: PlatformRequest,
  response: PlatformResponse,
): Promise<void> {
  // A platform hands out its own pair. Asked of the response, since apps put much on requests.
  if ('writeHead' in response) await serveExpress(handler, request as ExpressRequest, response);
  else await serveFastify(handler, request as FastifyRequest, response);
}

async function serveExpress(handler: HttpHandler, request: ExpressRequest, response: ServerResponse): Promise<void> {
  const path = below(request.url, request.route?.path);
  await sendExpress(response, await handler(fromNodeRequest(request, response, { path, rawBodyFix: FIX })));
}

async function serveFastify(handler: HttpHandler, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { body, raw, rawBody, routeOptions } = request;
  const answer = await handler(
    fromNodeRequest(raw, reply.raw, {
      path: below(raw.url, routeOptions?.url),
      raw: request,
      rawBodyFix: FIX,
      // Fastify's parsers leave it on Fastify's request, and middleware on Node's.
      parsed: { body: body ?? raw.body, rawBody: rawBody ?? raw.rawBody },
    }),
  );
  // Something else has answered meanwhile, a time limit of the app's for instance.
  if (!reply.sent) sendFastify(reply, answer);
}

async function sendExpress(response: ServerResponse, answer: HttpAnswer): Promise<void> {
  const sent = sendNodeAnswer(response, answer);
  if (typeof answer.body === 'string') return sent;
  // Not waited for: an interceptor with a time limit must not end a live stream.
  sent.catch((error: unknown) => {
    new Logger('Tasklatch').error(
      error instanceof Error ? error.message : 'A stream of task events broke off.',
      error instanceof Error ? error.stack : undefined,
    );
    // What broke off must not look complete.
    response.destroy();
  });
}

function sendFastify(reply: FastifyReply, { body, headers, status }: HttpAnswer): void {
  // By Fastify itself, so that what its hooks have set (CORS, cookies) goes out too.
  const sending = reply.code(status).headers(headers);
  if (typeof body !== 'string') sending.send(Readable.from(body));
  else if (status === 204) sending.send();
  else sending.send(body);
}

/** The path below the mount, as it came: by segments, since a prefix may have parameters, and escapes that the router has read. */
function below(target = '/', registered: unknown): string {
  // `/api/callbacks/*`; without a star it is the mount path itself.
  const depth = String(registered)
    .split('/')
    .findIndex((segment) => segment.includes('*'));
  const [path = '', ...query] = (belowMount(target, '') ?? '/').split('?');
  const rest = depth < 0 ? [] : path.split('/').slice(depth);
  return [`/${rest.join('/')}`, ...query].join('?');
}
