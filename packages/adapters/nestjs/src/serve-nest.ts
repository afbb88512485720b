import type { IncomingMessage, ServerResponse } from 'node:http';
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
type ExpressRequest = IncomingMessage & { readonly raw?: never; readonly route?: { readonly path?: unknown } };

/** What is used of a request of platform-fastify. */
interface FastifyRequest {
  readonly raw: IncomingMessage;
  readonly body?: unknown;
  readonly rawBody?: unknown;
  readonly routeOptions?: { readonly url?: string | undefined };
}

interface FastifyReply {
  readonly raw: ServerResponse;
  code(status: number): FastifyReply;
  headers(headers: Readonly<Record<string, string>>): FastifyReply;
  send(body?: string | Readable): unknown;
}

export type PlatformRequest = ExpressRequest | FastifyRequest;
export type PlatformResponse = (ServerResponse & { readonly raw?: never }) | FastifyReply;

const FIX =
  'keep what reads bodies off the callback routes (consumer.apply(parser).exclude("callbacks/*path")), or let it leave the bytes as a Buffer in request.rawBody; on other platforms than Express and Fastify, NestFactory.create(AppModule, { rawBody: true }).';

/** Serves a handler of the core from a Nest controller. Rejects with what the app's own functions throw, for the app's exception filters. */
export async function serveNest(
  handler: HttpHandler,
  request: PlatformRequest,
  response: PlatformResponse,
): Promise<void> {
  const node = request.raw ?? request;
  const answer = await handler(
    fromNodeRequest(node, response.raw ?? response, {
      path: below(node.url ?? '/', routePath(request)),
      raw: request,
      rawBodyFix: FIX,
      parsed: parsedBy(request),
    }),
  );
  if (response.raw === undefined) await sendExpress(response, answer);
  else sendFastify(response, answer);
}

/** What a parser left: Fastify's own on Fastify's request, that of middleware on Node's. */
function parsedBy(request: PlatformRequest): { readonly body: unknown; readonly rawBody: unknown } {
  const node: NodeRequest = request.raw ?? request;
  if (request.raw === undefined) return { body: node.body, rawBody: node.rawBody };
  return { body: request.body ?? node.body, rawBody: request.rawBody ?? node.rawBody };
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

/** The path that Nest registered: `/api/callbacks/*`. */
function routePath(request: PlatformRequest): string {
  const path = request.raw === undefined ? request.route?.path : request.routeOptions?.url;
  return typeof path === 'string' ? path : '';
}

/** The path below the mount, as it came: by segments, since a prefix may have parameters, and escapes that the router has read. */
function below(target: string, registered: string): string {
  const depth = registered.split('/').findIndex((segment) => segment.includes('*'));
  const [path = '', ...query] = (belowMount(target, '') ?? '/').split('?');
  const rest = depth < 0 ? [] : path.split('/').slice(depth);
  return [`/${rest.join('/')}`, ...query].join('?');
}
