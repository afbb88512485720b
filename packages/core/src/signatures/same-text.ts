import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether two texts are the same, in a time that depends on their lengths only. */
export function sameText(given: string, expected: string): boolean {
  // As UTF-8: one byte for each character would fold look-alikes onto the characters they resemble.
  const a = Buffer.from(given, 'utf8');
  const b = Buffer.from(expected, 'utf8');
  return a.length === b.length && timingSafeEqual(a, b);
}

/** As `sameText`, for secrets: not even the length of the expected one shows. */
export function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text, 'utf8').digest();
  return timingSafeEqual(digest(given), digest(expected));
}
