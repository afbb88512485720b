import { createPublicKey, type KeyObject, verify } from 'node:crypto';

/** An Ed25519 public key from its 32 bytes; undefined when they are no such key. */
export function ed25519Key(bytes: Buffer): KeyObject | undefined {
  if (bytes.length !== 32) return undefined;
  try {
    return createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') } });
  } catch {
    return undefined;
  }
}

export const ed25519Verifies = (key: KeyObject, message: Uint8Array, signature: Buffer): boolean =>
  signature.length === 64 && verify(null, message, key, signature);

/** The bytes of standard base64 with its padding, written the one right way; undefined for anything else. */
export function base64Bytes(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length > 0 && bytes.toString('base64') === text ? bytes : undefined;
}
