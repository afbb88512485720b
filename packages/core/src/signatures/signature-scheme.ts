import type { Authenticity, RawDelivery } from '../provider.js';
import type { Secrets } from './secrets.js';

/** What a signature is checked against: the bytes and headers as they came. */
export type SignedDelivery = Pick<RawDelivery, 'header' | 'body' | 'receivedAt'>;

/** Checks who sent a delivery. Never throws for anything a sender can do; answers at once unless it has to fetch keys. */
export interface SignatureScheme {
  readonly name: string;
  /** False when the signature proves less than the body: what the body says is then only a hint. */
  readonly coversBody: boolean;
  verify(delivery: SignedDelivery): Authenticity | Promise<Authenticity>;
}

/** What the presets with a secret take. */
export interface SignatureOptions {
  readonly secret: Secrets;
  /** Accepted distance of the sender's timestamp from the clock, in seconds. Default: what the sender documents. */
  readonly toleranceS?: number;
}

/** Longest header that is looked at. Real signatures take a tenth of it. */
const MAX_HEADER = 8192;

export const forged = (reason: string): Authenticity => ({ kind: 'forged', reason });

/**
 * The value of a header that takes part in a signature, or undefined when it is absent, empty, overlong or not printable ASCII: the
 * parts of a signed text are joined with line feeds and full stops, so a part must not smuggle in a control character.
 */
export function signedHeader(delivery: SignedDelivery, name: string): string | undefined {
  const value = delivery.header(name);
  return value !== undefined && value.length <= MAX_HEADER && /^[\x20-\x7e]+$/.test(value) ? value : undefined;
}
