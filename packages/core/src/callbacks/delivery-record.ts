import { createHash } from 'node:crypto';
import type { DeliveryRecord } from '../fact.js';
import type { Authenticity, RawDelivery } from '../provider.js';

/**
 * What of a delivery is kept in the ledger.
 * - `redacted` (default): allowed headers, size and hash; the body only while nobody could read it (quarantine), for the replay
 * - `full`: the body too
 * - `hash`: size and hash only; an unreadable delivery can be seen but not replayed
 */
export type DeliveryRetention = 'redacted' | 'full' | 'hash';

/** Headers that say what a delivery is and nothing about its content or keys. */
const ALLOWED = [
  'content-type',
  'content-length',
  'content-encoding',
  'user-agent',
  'webhook-id',
  'webhook-timestamp',
  'svix-id',
  'svix-timestamp',
  'x-webhook-timestamp',
  'x-request-id',
];
const MAX_HEADER = 256;

export interface KeepOptions {
  readonly keep: DeliveryRetention;
  /** Whether the provider package understood it. */
  readonly readable: boolean;
  /** What the provider package reads besides the allowed headers. */
  readonly readsHeaders?: readonly string[] | undefined;
}

export function deliveryRecord(
  delivery: RawDelivery,
  authenticity: Extract<Authenticity, { kind: 'signed' | 'token' }>,
  { keep, readable, readsHeaders = [] }: KeepOptions,
): DeliveryRecord {
  const headers: Record<string, string> = {};
  if (keep !== 'hash') {
    for (const name of [...ALLOWED, ...readsHeaders]) {
      const value = delivery.header(name);
      if (value !== undefined) headers[name] = value.slice(0, MAX_HEADER);
    }
  }
  const body =
    keep === 'full' || (keep === 'redacted' && !readable) ? Buffer.from(delivery.body).toString('base64') : null;
  return {
    bodyHash: createHash('sha256').update(delivery.body).digest('hex'),
    bodyBytes: delivery.body.byteLength,
    headers,
    body,
    authenticity: authenticity.kind,
    keyId: authenticity.kind === 'signed' ? authenticity.keyId : null,
  };
}
