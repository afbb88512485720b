import type { KeyObject } from 'node:crypto';
import { ed25519Key } from './ed25519.js';

export interface PublicKey {
  /** The key's own id in its set, where it has one. */
  readonly kid: string | null;
  readonly key: KeyObject;
}

/** Most keys of one set that are used: each is tried on a signature. */
const MAX_KEYS = 16;

/** The Ed25519 signing keys of a JWK set. Keys of other kinds, and what is no key, are passed over. */
export function jwkKeys(set: unknown): readonly PublicKey[] {
  const list = field(set, 'keys');
  if (!Array.isArray(list)) return [];
  const keys: PublicKey[] = [];
  for (const entry of list) {
    if (keys.length === MAX_KEYS) break;
    const [kty, crv, use, x, kid] = ['kty', 'crv', 'use', 'x', 'kid'].map((name) => field(entry, name));
    // X25519 and P-256 keys have an `x` of 32 bytes too.
    const signs = (kty ?? 'OKP') === 'OKP' && (crv ?? 'Ed25519') === 'Ed25519' && (use ?? 'sig') === 'sig';
    if (!signs || typeof x !== 'string' || !/^[\w-]{43}=?$/.test(x)) continue;
    const key = ed25519Key(Buffer.from(x, 'base64url'));
    if (key !== undefined) keys.push({ kid: typeof kid === 'string' && kid.length <= 128 ? kid : null, key });
  }
  return keys;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}
