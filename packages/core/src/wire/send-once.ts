import type { ProviderIo } from '../provider.js';

/** What became of one request. `code` is short, safe to show and to count, and never quotes the URL, the key or a body. */
export type Sent =
  | { readonly kind: 'answer'; readonly response: SentResponse }
  /** The request provably did not reach the provider: no connection was made. */
  | { readonly kind: 'notSent'; readonly code: string }
  /** It may have arrived: reset, timeout, abort, or an answer that was cut short. */
  | { readonly kind: 'unclear'; readonly code: string };

export interface SentResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface SendInit {
  /** Default `POST`. */
  readonly method?: 'POST' | 'GET' | 'PUT' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  /** An answer longer than this is `unclear`, without reading the rest. Default 4 MiB. */
  readonly maxBytes?: number;
}

const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Sends one request, once, and tells what became of it; never throws. Redirects are not followed: a 3xx is an answer like any other,
 * since the same POST at another address would be a second one.
 */
export async function sendOnce(io: ProviderIo, url: string, init: SendInit = {}): Promise<Sent> {
  const { method = 'POST', headers = {}, body, maxBytes = MAX_BYTES } = init;
  const request: RequestInit = { method, headers, body: body ?? null, redirect: 'manual' };
  if (io.signal.aborted) return { kind: 'notSent', code: 'ABORTED' };
  try {
    // What can't even be made into a request was not sent; fetch would report it like a broken connection.
    new Request(url, request);
  } catch {
    return { kind: 'notSent', code: 'INVALID_REQUEST' };
  }
  try {
    const response = await io.fetch(url, { ...request, signal: io.signal });
    const text = await readText(response, maxBytes);
    if (text === undefined) return { kind: 'unclear', code: 'ANSWER_TOO_LARGE' };
    return { kind: 'answer', response: { status: response.status, headers: response.headers, text } };
  } catch (error) {
    return failure(error, io.signal);
  }
}

async function readText(response: Response, maxBytes: number): Promise<string | undefined> {
  if (response.body === null) return '';
  const reader = response.body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new TextDecoder().decode(Buffer.concat(chunks));
    length += value.byteLength;
    if (length > maxBytes) {
      // The answer is given up either way; a failing cancel has nothing to add.
      reader.cancel().catch(() => undefined);
      return undefined;
    }
    chunks.push(value);
  }
}

function failure(error: unknown, signal: AbortSignal): Sent {
  if (signal.aborted)
    return { kind: 'unclear', code: nameOf(signal.reason) === 'TimeoutError' ? 'TIMEOUT' : 'ABORTED' };
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = codeOf(cause) ?? codeOf(error) ?? 'FETCH_FAILED';
  return { kind: neverConnected(cause) ? 'notSent' : 'unclear', code };
}

/** System, undici and OpenSSL codes; anything else could quote what must not be told. */
function codeOf(error: unknown): string | undefined {
  const code = field(error, 'code');
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(code) ? code : undefined;
}

/** Errors that only happen before the first byte of the request is written. */
const BEFORE_SENDING = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  // The TLS handshake: the server's certificate was not accepted, or the two do not speak one version.
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_UNSUPPORTED_PROTOCOL',
  'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
]);

function neverConnected(cause: unknown): boolean {
  const errors = field(cause, 'errors');
  // Every address of the host was tried: all of them must have failed before sending.
  if (Array.isArray(errors) && errors.length > 0) return errors.every(neverConnected);
  const syscall = field(cause, 'syscall');
  if (syscall === 'connect' || syscall === 'getaddrinfo') return true;
  if (BEFORE_SENDING.has(codeOf(cause) ?? '')) return true;
  const message = field(cause, 'message');
  // Node and undici give these two no code of their own.
  return message === 'bad port' || (typeof message === 'string' && message.includes('before secure TLS connection'));
}

const nameOf = (error: unknown): unknown => field(error, 'name');

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
