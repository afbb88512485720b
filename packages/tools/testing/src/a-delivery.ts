import { createHash } from 'node:crypto';
import type { DeliveryRecord } from '@tasklatch/core';

/** What is kept of a request with this body: for facts whose bytes matter (the quarantine counts them). */
export function aDelivery(body: string, over: Partial<DeliveryRecord> = {}): DeliveryRecord {
  const bytes = Buffer.from(body);
  return {
    bodyHash: createHash('sha256').update(bytes).digest('hex'),
    bodyBytes: bytes.length,
    headers: { 'content-type': 'application/json' },
    body: bytes.toString('base64'),
    authenticity: 'token',
    keyId: null,
    ...over,
  };
}
