import { type HttpRequest, TasklatchError } from '@tasklatch/core';

export interface RequestParts {
  readonly method?: string;
  readonly path: string;
  /** Text, bytes, or anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly exact?: boolean;
  readonly signal?: AbortSignal;
  readonly raw?: unknown;
}

/** A request as an adapter would hand it over. */
export function aRequest({
  method = 'POST',
  path,
  body = '',
  headers = {},
  exact = true,
  signal,
  raw,
}: RequestParts): HttpRequest {
  const bytes = body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const named = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    method,
    path,
    header: (name) => named.get(name.toLowerCase()),
    async body(limitBytes) {
      if (bytes.byteLength > limitBytes) throw new TasklatchError('body_too_large', 'Too large.');
      return { bytes, exact };
    },
    signal: signal ?? new AbortController().signal,
    rawBodyFix: 'keep the bytes.',
    raw,
  };
}
