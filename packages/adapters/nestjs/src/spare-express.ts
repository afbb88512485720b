import type { IncomingMessage } from 'node:http';
import { belowMount } from '@tasklatch/core';
import { claimPath, type LatchRoutes } from './latch-routes.js';

type Handle = (request: IncomingMessage, response: unknown, next: (error?: unknown) => void) => unknown;

/** What is used of an entry in Express's list of middleware and routes, the list in which Nest itself looks for body parsers. */
interface Layer {
  handle: Handle;
  readonly route?: { readonly path: unknown } | undefined;
}

/** Names that body-parser gives to its functions. */
const PARSERS = new Set(['jsonParser', 'urlencodedParser', 'textParser', 'rawParser']);
const spared = new WeakMap<object, RegExp[]>();

/**
 * Lets the app's body parsers pass our routes by: the core reads these bodies itself, as they came. Nest puts its parsers before all routes,
 * so they are told here. After Nest has registered its routes.
 */
export function spareExpress(app: object, routes: readonly LatchRoutes[]): void {
  const stack = stackOf(app);
  const paths = stack.map(({ route }) => route?.path).filter((path) => typeof path === 'string');
  for (const path of paths) claimPath(routes, path);
  const patterns = routes.flatMap(({ mounts }) => [...mounts].map(pattern));
  const known = spared.get(app);
  if (known !== undefined) {
    known.push(...patterns);
    return;
  }
  spared.set(app, patterns);
  for (const layer of stack) {
    const parse = layer.handle;
    if (!PARSERS.has(parse.name)) continue;
    layer.handle = (request, response, next) => {
      const path = belowMount(request.url ?? '/', '') ?? '/';
      return patterns.some((ours) => ours.test(path)) ? next() : parse(request, response, next);
    };
    // Nest looks for parsers by name, to register none twice.
    Object.defineProperty(layer.handle, 'name', { value: parse.name });
  }
}

/** Case is as Express has it by default; whatever does not match is parsed, and then the core says what is missing. */
const pattern = (mount: string): RegExp =>
  new RegExp(
    `^${mount
      .split('/')
      .map((segment) => (segment.startsWith(':') ? '[^/?]+' : segment.replace(/[^\w-]/g, '\\$&')))
      .join('/')}(?:[/?]|$)`,
    'i',
  );

/** "Everything below" in the path syntax of the platform: Express 5 wants a name for it, which the others do not know. */
export const wildcardOf = (adapter: { getType(): string; getInstance(): unknown }): string =>
  adapter.getType() === 'fastify' || read(adapter.getInstance(), '_router') !== undefined ? '*' : '*path';

/** Express 4 keeps it in `_router`, and throws when asked for `router`. */
function stackOf(app: unknown): readonly Layer[] {
  const stack = read(read(app, '_router') ?? read(app, 'router'), 'stack');
  return Array.isArray(stack) ? stack : [];
}

const read = (from: unknown, name: string): unknown =>
  (typeof from === 'object' || typeof from === 'function') && from !== null ? Reflect.get(from, name) : undefined;
