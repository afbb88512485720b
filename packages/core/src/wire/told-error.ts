import { cleanText } from '../clean-text.js';
import type { TaskError } from '../task.js';
import { jsonOf } from './json-of.js';

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

/**
 * The error in an answer: a code by its HTTP status, and the words in whichever of the usual forms they come (`error`, `detail`,
 * `message`, `msg`, `title`, nested or not, or plain text). `hide` are texts that must not come back to us: providers quote requests.
 */
export function toldError(
  answer: { readonly status: number; readonly text: string },
  hide: readonly string[],
): TaskError {
  const json = jsonOf(answer.text);
  const words = json === undefined ? (/^\s*[<{[]/.test(answer.text) ? null : answer.text) : wordsIn(json);
  // Some answer 400 where credits are missing, and say so.
  const poor =
    answer.status === 400 && /insufficient[_ ]credits?/i.test(`${field(field(json, 'error'), 'type')} ${words}`);
  const code = poor ? 'insufficient_credits' : (CODES.get(answer.status) ?? `http_${answer.status}`);
  return { code, message: hidden(words, hide) };
}

/** A provider's words, fit to be kept: none of the hidden texts in any form, nothing a database refuses, at most 1000 characters. */
export function hidden(words: unknown, hide: readonly string[]): string | null {
  if (typeof words !== 'string') return null;
  const forms = hide.flatMap((text) => [text, encodeURIComponent(text), Buffer.from(text).toString('base64')]);
  // Cut after hiding: a cut through the middle of a hidden text would leave its beginning.
  return cleanText(forms.reduce((left, form) => left.replaceAll(form, '[hidden]'), words.slice(0, 100_000)));
}

function wordsIn(json: unknown): string | null {
  if (typeof json === 'string') return json;
  if (typeof json !== 'object' || json === null) return null;
  // The elements of a list may hold the whole request, so nothing but their words is taken.
  if (Array.isArray(json)) return json.map(wordsIn).filter(Boolean).join('; ') || null;
  for (const name of ['error', 'detail', 'message', 'msg', 'title']) {
    const words = wordsIn(field(json, name));
    if (words !== null && words !== '') return words;
  }
  return null;
}

const field = (json: unknown, name: string): unknown =>
  typeof json === 'object' && json !== null && Object.hasOwn(json, name) ? Reflect.get(json, name) : undefined;
