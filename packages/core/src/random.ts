import { randomBytes } from 'node:crypto';

/** Chance, passed in, so that a whole system can run from a seed. */
export interface Random {
  /** At least 0, less than 1: for jitter. */
  fraction(): number;
  /** At least 128 bits as 26 characters of `[a-z2-7]`: for ids and tokens, so unguessable outside tests. */
  token(): string;
}

export const systemRandom: Random = {
  fraction: () => Math.random(),
  token: () => base32(randomBytes(17)).slice(0, 26),
};

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** RFC 4648 base32 in lower case without padding. */
export function base32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(held >> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return bits > 0 ? text + ALPHABET[(held << (5 - bits)) & 31] : text;
}
