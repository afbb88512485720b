import type { IncomingMessage } from 'node:http';
import { mountOf, routesOf } from './latch-routes.js';

type Done = (error?: Error | null, payload?: unknown) => void;

interface Request {
  readonly raw: IncomingMessage;
  headers: Readonly<Record<string, unknown>>;
}

type PreParsing = (request: Request, reply: unknown, payload: unknown, done: Done) => void;
type PreValidation = (request: Request, reply: unknown, done: Done) => void;

interface Route {
  readonly url: string;
  readonly handler: unknown;
  preParsing?: PreParsing | PreParsing[];
  preValidation?: PreValidation | PreValidation[];
}

/** What is used of a Fastify instance. */
export interface Fastify {
  addHook(name: 'onRoute', hook: (route: Route) => void): unknown;
}

const spared = new WeakSet<Fastify>();

/** Lets Fastify's content type parsers pass our routes by: the core reads these bodies itself, as they came. Before Nest registers its routes. */
export function spareFastify(fastify: Fastify): void {
  if (spared.has(fastify)) return;
  spared.add(fastify);
  fastify.addHook('onRoute', (route) => {
    const routes = routesOf(route.handler);
    if (routes === undefined) return;
    routes.mounts.add(mountOf(route.url));
    route.preParsing = [hideEncoding, ...[route.preParsing ?? []].flat(), hideBody];
    route.preValidation = [showBody, ...[route.preValidation ?? []].flat()];
  });
}

/** Without `content-encoding` nobody inflates: signatures are computed over what came. */
const hideEncoding: PreParsing = (request, _reply, payload, done) => {
  request.headers = { ...request.headers, ...WITHOUT_ENCODING };
  done(null, payload);
};

const hideBody: PreParsing = (request, _reply, payload, done) => {
  // A hook that put another stream in its place, or reads along, wants it parsed.
  if (payload === request.raw && request.raw.readableFlowing === null)
    request.headers = { ...request.headers, ...WITHOUT_BODY };
  done(null, payload);
};

const showBody: PreValidation = (request, _reply, done) => {
  const names = Object.keys({ ...WITHOUT_ENCODING, ...WITHOUT_BODY });
  const shown = Object.fromEntries(names.map((name) => [name, request.raw.headers[name]]));
  request.headers = { ...request.headers, ...shown };
  done();
};

const WITHOUT_ENCODING = { 'content-encoding': undefined };
/** To Fastify a request without these has no body. */
const WITHOUT_BODY = { 'content-type': undefined, 'content-length': undefined, 'transfer-encoding': undefined };
