/** Control characters but line breaks and tabs, and lone surrogates: databases refuse some, and no message needs them. */
const UNSTORABLE = /(?![\n\t])[\p{Cc}\p{Surrogate}]/gu;

/** A provider's words, fit to be stored: at most `limit` characters, without what a database refuses. Null when nothing is left. */
export function cleanText(text: unknown, limit = 1000): string | null {
  if (typeof text !== 'string') return null;
  const clean = text.slice(0, limit).replace(UNSTORABLE, '').trim();
  return clean === '' ? null : clean;
}

/** The same for every string in a JSON value, without a limit on length. Keys that can't be stored are dropped. */
export function cleanJson(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(UNSTORABLE, '');
  if (Array.isArray(value)) return value.map(cleanJson);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key.replace(UNSTORABLE, '') === key);
  return Object.fromEntries(entries.map(([key, inner]) => [key, cleanJson(inner)]));
}

/** A provider's error code where it is short and plain, else `fallback`. Numbers count as codes too. */
export function cleanCode(code: unknown, fallback: string): string {
  const text = typeof code === 'number' ? String(code) : code;
  return typeof text === 'string' && /^[A-Za-z][\w.-]{0,63}$|^\d{1,6}$/.test(text) ? text : fallback;
}
