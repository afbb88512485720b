/** Deeper than any body APIDot or its sisters show, and far from where a recursive reader runs out of stack. */
const MAX_DEPTH = 64;

/**
 * Parses JSON that came from outside. Throws `SyntaxError` for what is no JSON and for nesting past 64 levels; drops `__proto__`
 * keys, so that copying what it returns can't change a prototype.
 */
export function readJson(text: string): unknown {
  // A byte order mark is allowed before JSON and refused by JSON.parse.
  const json = text.startsWith('\uFEFF') ? text.slice(1) : text;
  if (tooDeep(json)) throw new SyntaxError('The JSON is nested too deep.');
  return JSON.parse(json, (key, value: unknown) => (key === '__proto__' ? undefined : value));
}

/** Counts brackets outside strings; on text that is no JSON the answer means nothing, and JSON.parse refuses it anyway. */
function tooDeep(json: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (inString) {
      if (code === 0x5c) at += 1;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (code === 0x5d || code === 0x7d) depth -= 1;
  }
  return false;
}
