/**
 * Text as SQLite can hold it, and back. NUL ends a text for some drivers and lone surrogates have no UTF-8, so text with either is
 * kept as a JSON string, quotes included; so is text that begins with a quote, and the empty text, which leaves `''` free for "none".
 */
export function toText(value: string): string {
  // A provider package may be wrong about what it calls text, and libsql ends the process when it is given a boolean.
  if (typeof value !== 'string') throw new TypeError(`Expected text for a column, got ${typeof value}.`);
  return NOT_PLAIN.test(value) ? JSON.stringify(value) : value;
}

export const toTextOrNull = (value: string | null): string | null => (value === null ? null : toText(value));

export const fromText = (text: string): string => (text.startsWith('"') ? JSON.parse(text) : text);

export const fromTextOrNull = (text: string | null): string | null => (text === null ? null : fromText(text));

// With the `u` flag a surrogate matches only when it stands alone.
const NOT_PLAIN = /^$|^"|\0|\p{Surrogate}/u;
