/** Control characters but line breaks and tabs, and lone surrogates: databases refuse some, and no text needs them. */
const UNSTORABLE = /(?![\t\n\r])[\p{Cc}\p{Surrogate}]/gu;

/** Text without what a database refuses. */
export const storable = (text: string): string => text.replace(UNSTORABLE, '');

/** A JSON value with every text in it changed. Keys that can't be stored, and `__proto__`, are dropped. */
export function storableJson(value: unknown, change: (text: string) => string = storable): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((inner) => storableJson(inner, change));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => storable(key) === key && key !== '__proto__');
  return Object.fromEntries(entries.map(([key, inner]) => [key, storableJson(inner, change)]));
}

/** A provider's words, fit to be stored: at most 1000 characters, without what a database refuses. Null when nothing is left. */
export function cleanText(text: unknown): string | null {
  if (typeof text !== 'string') return null;
  const clean = storable(text.slice(0, 1000)).trim();
  return clean === '' ? null : clean;
}

/** A provider's error code where it is short and plain, else `fallback`. Numbers count as codes too. */
export function cleanCode(code: unknown, fallback: string): string {
  const text = typeof code === 'number' ? String(code) : code;
  return typeof text === 'string' && /^[A-Za-z][\w.-]{0,63}$|^\d{1,6}$/.test(text) ? text : fallback;
}
