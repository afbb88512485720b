import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { sameText } from './same-text.js';
import type { RingKey } from './secrets.js';

/** The secret's text as it stands, as the key of an HMAC. */
export const textKey = (secret: string): KeyObject => createSecretKey(secret, 'utf8');

/**
 * The one HMAC engine: which of the keys made one of the signatures over `before` and the body's bytes. The digest is compared in its
 * written form, so there is exactly one way to write it: no other alphabet, letter case, padding or spare bits.
 */
export function hmacKey(
  keys: readonly RingKey<KeyObject>[],
  signed: { readonly before: string; readonly body?: Uint8Array },
  encoding: 'hex' | 'base64',
  signatures: readonly string[],
): RingKey<KeyObject> | undefined {
  return keys.find(({ key }) => {
    const hmac = createHmac('sha256', key).update(signed.before, 'utf8');
    if (signed.body !== undefined) hmac.update(signed.body);
    const expected = hmac.digest(encoding);
    return signatures.some((signature) => sameText(signature, expected));
  });
}
