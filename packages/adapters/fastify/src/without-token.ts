import type { FastifyBaseLogger, FastifyRequest } from 'fastify';

type Serializer = (request: FastifyRequest) => unknown;

/**
 * How the app shows requests in its log, but with the callback token cut off the URL: who has the token may speak for the task. For the
 * `logSerializers` of routes whose URL ends in `/{provider}/{token}` below `depth` segments.
 */
export function withoutToken(log: FastifyBaseLogger, depth: number): { readonly req: Serializer } {
  // Where pino keeps them, for others to find.
  const serializers: unknown = Reflect.get(log, Symbol.for('pino.serializers'));
  const own: unknown =
    typeof serializers === 'object' && serializers !== null ? Reflect.get(serializers, 'req') : undefined;
  return {
    req(request) {
      const shown: unknown = typeof own === 'function' ? own(request) : { method: request.method, url: request.url };
      if (typeof shown !== 'object' || shown === null || !('url' in shown) || typeof shown.url !== 'string')
        return shown;
      const segments = shown.url.split('/');
      return {
        ...shown,
        url: [...segments.slice(0, depth + 2), ...(segments.length > depth + 2 ? ['…'] : [])].join('/'),
      };
    },
  };
}
