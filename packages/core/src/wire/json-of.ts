/** Deeper than any provider's bodies, and far from where a recursive reader runs out of stack. */
const MAX_DEPTH = 64;

/**
 * The JSON value in a body or an answer from outside; undefined for what is no JSON, no UTF-8, or nested past 64 levels. `__proto__` keys
 * are dropped, so that copying what comes back can't change a prototype.
 */
export function jsonOf(body: string | Uint8Array): unknown {
  try {
    const text = typeof body === 'string' ? body : new TextDecoder('utf-8', { fatal: true }).decode(body);
    // A byte order mark is allowed before JSON and refused by JSON.parse.
    const json = text.startsWith('\uFEFF') ? text.slice(1) : text;
    if (deeperThan(MAX_DEPTH, json)) return undefined;
    // A reviver makes parsing several times slower.
    return MAY_NAME_PROTO.test(json) ? JSON.parse(json, withoutProto) : JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Plain, or with any of its characters escaped. */
const MAY_NAME_PROTO = /__proto__|\\u00[567]/i;
const withoutProto = (key: string, value: unknown): unknown => (key === '__proto__' ? undefined : value);

/** Counts brackets outside strings; on text that is no JSON the answer means nothing, and JSON.parse refuses it anyway. */
export function deeperThan(levels: number, json: string): boolean {
  let depth = 0;
  let inString = false;
  // Character codes, since this walks through whole bodies: " \ [ ] { }.
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (inString) {
      if (code === 0x5c) at += 1;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      if (depth > levels) return true;
    } else if (code === 0x5d || code === 0x7d) depth -= 1;
  }
  return false;
}
