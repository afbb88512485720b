/** Longest wait a `Retry-After` is believed for: a wrong clock or a typo must not stop checks for days. */
const LONGEST_MS = 60 * 60 * 1000;

/** Milliseconds a `Retry-After` header asks to wait (seconds or an HTTP date), at most an hour. Undefined when it says nothing. */
export function retryAfterMs(value: string | null | undefined, now: number): number | undefined {
  if (value === null || value === undefined || value.trim() === '') return undefined;
  const text = value.trim();
  const wait = /^\d{1,9}(\.\d{1,3})?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  if (Number.isNaN(wait)) return undefined;
  return Math.min(Math.max(Math.ceil(wait), 0), LONGEST_MS);
}

/** The wait an answer asks for: by its header, else by its words, as several APIs have it there only ("try again in 12s"). */
export function waitAskedMs(
  answer: { readonly headers: Headers },
  words: string | null,
  now: number,
): number | undefined {
  const [, seconds] = /try again in (\d{1,6}(?:\.\d{1,3})?) ?s/i.exec(words ?? '') ?? [];
  return retryAfterMs(answer.headers.get('retry-after') ?? seconds, now);
}
