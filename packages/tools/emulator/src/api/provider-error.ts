import type { ServerResponse } from 'node:http';
import { sendJson } from './send.js';

const types: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'insufficient_credits',
  404: 'resource_not_found_error',
  405: 'method_not_allowed',
  413: 'content_too_long_error',
  429: 'rate_limited',
  500: 'internal_error',
  502: 'upstream_error',
  503: 'service_error',
};

const messages: Readonly<Record<number, string>> = {
  401: 'Unauthorized - Invalid API key',
  402: 'Insufficient credits',
  404: 'Task not found',
  405: 'Method not allowed',
  413: 'Request body too large',
  429: 'Rate limit exceeded',
  500: 'An internal error occurred. Please try again later.',
  502: 'Upstream service unavailable',
  503: 'The server is busy. Please try again later.',
};

export interface ProviderError {
  readonly status: number;
  readonly message?: string;
  /** `{detail}` instead of `{code, error}`. */
  readonly detail?: boolean;
  /** HTTP status, where it differs from the code in the body. */
  readonly httpStatus?: number;
  readonly retryAfterS?: number | undefined;
}

export function sendProviderError(response: ServerResponse, error: ProviderError): void {
  const { status, httpStatus = status, retryAfterS, detail = false } = error;
  const message = error.message ?? messages[status] ?? 'The request failed';
  const body = detail ? { detail: message } : { code: status, error: { message, type: types[status] ?? 'error' } };
  sendJson(response, httpStatus, body, retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) });
}
