/** Of a request as Fastify shows it to its log. */
type Serializer = (request: { readonly method: string; readonly url: string }) => unknown;

/**
 * How the app shows requests in Fastify's log, but with the callback token cut off the URL: who has the token may speak for the task. `depth` is
 * the number of segments of the mount path, after which come provider and token.
 */
export function withoutToken(log: object, depth: number): Serializer {
  // Where pino keeps the app's own, for others to find.
  const serializers: unknown = Reflect.get(log, Symbol.for('pino.serializers'));
  const own: unknown = isObject(serializers) ? Reflect.get(serializers, 'req') : undefined;
  return (request) => {
    const shown: unknown = typeof own === 'function' ? own(request) : { method: request.method, url: request.url };
    if (!isObject(shown) || !('url' in shown) || typeof shown.url !== 'string') return shown;
    const segments = shown.url.split('/');
    const kept = segments.slice(0, depth + 1);
    return { ...shown, url: [...kept, ...(segments.length > kept.length ? ['…'] : [])].join('/') };
  };
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
