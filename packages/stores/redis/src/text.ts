const PLAIN = /^[ !#-[\]-~]*$/;

/**
 * Text as the scripts keep it: with what JSON escapes escaped, so that it has no line break and no lone surrogate, which UTF-8 can't say.
 * No two texts become the same.
 */
export const escapeText = (text: string): string => (PLAIN.test(text) ? text : JSON.stringify(text).slice(1, -1));

export const unescapeText = (text: string): string => (text.includes('\\') ? String(JSON.parse(`"${text}"`)) : text);

/** For the JSON of strings that scripts take and give: null and undefined are left out there. */
export const escapeOptional = (text: string | null | undefined): string | undefined =>
  text === null || text === undefined ? undefined : escapeText(text);

export const flag = (on: boolean): string | undefined => (on ? '1' : undefined);
