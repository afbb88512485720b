/**
 * A callback URL with one character of its secret part changed. That part is taken to be the longest path segment or query
 * value. The character is one in the middle, as the last one of a base64 text may hold bits that mean nothing.
 */
export function forgedUrl(address: string): string {
  const url = new URL(address);
  const parts = [...url.pathname.split('/'), ...url.search.slice(1).split(/[&=]/)];
  const secret = parts.reduce((longest, part) => (part.length > longest.length ? part : longest), '');
  const at = middleLetter(secret);
  if (at === undefined) {
    url.pathname = `${url.pathname.replace(/\/$/, '')}/forged`;
    return url.href;
  }
  const changed = secret.slice(0, at) + (secret[at] === 'A' ? 'B' : 'A') + secret.slice(at + 1);
  const start = url.href.indexOf(secret, url.origin.length);
  return url.href.slice(0, start) + changed + url.href.slice(start + secret.length);
}

/** The letter or digit nearest to the middle, from there on; never part of a `%41` escape. */
function middleLetter(text: string): number | undefined {
  if (text.includes('%')) return undefined;
  for (let at = Math.floor(text.length / 2); at < text.length; at++) {
    if (/[A-Za-z0-9]/.test(text[at] ?? '')) return at;
  }
  return undefined;
}
