import type { IncomingMessage } from 'node:http';
import { claimPath, type LatchRoutes } from './latch-routes.js';
import { withoutToken } from './without-token.js';

type Done = (error?: Error | null, payload?: unknown) => void;

interface Request {
  readonly raw: IncomingMessage;
  headers: Readonly<Record<string, unknown>>;
}

type PreParsing = (request: Request, reply: unknown, payload: unknown, done: Done) => void;
type PreValidation = (request: Request, reply: unknown, done: Done) => void;

interface Route {
  readonly url: string;
  readonly method: string | readonly string[];
  preParsing?: PreParsing | PreParsing[];
  preValidation?: PreValidation | PreValidation[];
  logSerializers?: Readonly<Record<string, unknown>>;
}

/** What is used of a Fastify instance. */
export interface Fastify {
  readonly log: object;
  addHook(name: 'onRoute', hook: (route: Route) => void): unknown;
}

const spared = new WeakMap<Fastify, LatchRoutes[]>();

/** Lets Fastify's content type parsers pass our routes by: the core reads these bodies itself, as they came. Before Nest registers its routes. */
export function spareFastify(fastify: Fastify, routes: readonly LatchRoutes[]): void {
  const known = spared.get(fastify);
  if (known !== undefined) {
    known.push(...routes);
    return;
  }
  const all = [...routes];
  spared.set(fastify, all);
  fastify.addHook('onRoute', (route) => {
    // Ours take every method.
    const kind = typeof route.method === 'string' ? undefined : claimPath(all, route.url);
    if (kind === undefined) return;
    route.preParsing = [hideEncoding, ...[route.preParsing ?? []].flat(), hideBody];
    route.preValidation = [showBody, ...[route.preValidation ?? []].flat()];
    if (kind === 'callbacks') {
      const depth = route.url.replace(/\/\*$/, '').split('/').length;
      route.logSerializers = { ...route.logSerializers, req: withoutToken(fastify.log, depth) };
    }
  });
}

/** Without `content-encoding` nobody inflates: signatures are computed over what came. */
const hideEncoding: PreParsing = (request, _reply, payload, done) => {
  request.headers = { ...request.headers, ...WITHOUT_ENCODING };
  done(null, payload);
};

const hideBody: PreParsing = (request, _reply, payload, done) => {
  // A hook that put another stream in its place, or is reading along, wants it parsed.
  const { readableEnded, readableFlowing } = request.raw;
  if (payload === request.raw && (readableFlowing === null || readableEnded))
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
