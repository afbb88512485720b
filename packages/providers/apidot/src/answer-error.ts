import type { SentResponse, TaskError } from '@tasklatch/core';
import { z } from 'zod';
import { cleanText } from './clean-text.js';
import { readJson } from './read-json.js';

/** The classes of APIDot's error tables, and of its sisters' where it has none. Others are `http_<status>`. */
const CODES = new Map([
  [400, 'invalid_request'],
  [401, 'unauthorized'],
  [402, 'insufficient_credits'],
  [403, 'forbidden'],
  [404, 'not_found'],
  [408, 'timeout'],
  [409, 'conflict'],
  [422, 'invalid_request'],
  [429, 'rate_limited'],
]);

const words = z.string().nullish().catch(null);
const errorShape = z.object({
  error: z
    .union([z.string(), z.object({ message: words, type: words })])
    .nullish()
    .catch(null),
  detail: z
    .union([z.string(), z.object({ message: words, msg: words }), z.array(z.object({ msg: words }).catch({}))])
    .nullish()
    .catch(null),
  message: words,
  msg: words,
});

/** The body as JSON, or undefined when it is none. */
export function jsonOf(response: SentResponse): unknown {
  try {
    return readJson(response.text);
  } catch {
    // Gateways answer in plain text and HTML; the caller reads `undefined` as such.
    return undefined;
  }
}

/**
 * What an answer that is no success says, in any of the documented forms: `{code, error: {message, type}}`, `{error}`, `{detail}` as text,
 * object or list, and plain text. `status` is the HTTP status, or the error code inside an HTTP 200. `hide` are texts that must
 * not come back to us in an error: the provider may quote the request.
 */
export function errorOf(status: number, response: SentResponse, hide: readonly string[]): TaskError {
  const body = errorShape.safeParse(jsonOf(response));
  const { type, said } = body.success ? readForms(body.data) : { type: null, said: plainText(response) };
  // Sisters answer 400 for missing credits, so the words count too.
  const poor = status === 400 && /insufficient[_ ]credits?/i.test(`${type} ${said}`);
  const code = poor ? 'insufficient_credits' : (CODES.get(status) ?? `http_${status}`);
  return { code, message: said === null ? null : hidden(said, hide) };
}

function readForms({ error, detail, message, msg }: z.infer<typeof errorShape>): {
  type: string | null;
  said: string | null;
} {
  const type = typeof error === 'object' ? (error?.type ?? null) : null;
  const inError = typeof error === 'string' ? error : error?.message;
  return { type, said: inError ?? inDetail(detail) ?? message ?? msg ?? null };
}

function inDetail(detail: z.infer<typeof errorShape>['detail']): string | null {
  if (typeof detail === 'string') return detail;
  // The elements of the list are undocumented; they may hold the whole request, so nothing but `msg` is taken.
  if (Array.isArray(detail)) return detail.flatMap(({ msg }) => msg ?? []).join('; ') || null;
  return detail?.message ?? detail?.msg ?? null;
}

const plainText = ({ text }: SentResponse): string | null => (/^\s*[<{[]/.test(text) ? null : text);

export function hidden(said: string, hide: readonly string[]): string | null {
  return cleanText(hide.reduce((text, secret) => text.replaceAll(secret, '[hidden]'), said));
}

/** "try again in N seconds", as a sister was seen to say it in a 429. */
export const secondsAsked = (message: string | null): string | undefined =>
  /try again in (\d{1,6}(?:\.\d{1,3})?) ?s/i.exec(message ?? '')?.[1];
