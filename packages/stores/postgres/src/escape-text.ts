const MARK = '\u001a';
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNSTORABLE = /[\0\u001a]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the mark
const ESCAPED = /\u001a([0-9a-f]{4})/g;

/**
 * Text as PostgreSQL can hold it: NUL and unpaired surrogates, which it can't, become U+001A and four hex digits, and so does U+001A
 * itself. Everything else stays as it is.
 */
export function escapeText(text: string): string;
export function escapeText(text: string | null): string | null;
export function escapeText(text: string | null): string | null {
  if (text === null) return null;
  return text.replace(UNSTORABLE, (char) => MARK + char.charCodeAt(0).toString(16).padStart(4, '0'));
}

/** What `escapeText` was given. */
export function unescapeText(text: string): string;
export function unescapeText(text: string | null): string | null;
export function unescapeText(text: string | null): string | null {
  if (text === null || !text.includes(MARK)) return text;
  return text.replace(ESCAPED, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
