import { createHmac } from 'node:crypto';
import type { SignatureScheme } from '../src/signatures/signature-scheme.js';

// Deliveries for the tests, signed by hand as the senders' pages say: nothing here is the code under test.

export const NOW_S = 1_760_000_000;
export const SECRET = 'a secret of forty characters or about so';
export const WHSEC = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
export const OTHER = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;

export const verify = (
  scheme: SignatureScheme,
  headers: Record<string, string>,
  body: string | Uint8Array = '{}',
  nowMs = NOW_S * 1000,
) =>
  scheme.verify({
    header: (name) => headers[name],
    body: typeof body === 'string' ? Buffer.from(body) : body,
    receivedAt: nowMs,
  });

export type Bytes = string | Uint8Array;
export const hmac = (key: Bytes, ...parts: Bytes[]) => {
  const digest = createHmac('sha256', key);
  for (const part of parts) digest.update(part);
  return digest.digest();
};
export const keyOf = (whsec: string) => Buffer.from(whsec.slice(6), 'base64');

/** Headers of a rightly signed Standard Webhooks delivery, written by hand here: nothing of the code under test. */
export const standard = (
  body: Bytes,
  more: { secret?: string; timestamp?: string; id?: string; prefix?: string } = {},
) => {
  const { secret = WHSEC, timestamp = String(NOW_S), id = 'msg_1', prefix = 'webhook' } = more;
  return {
    [`${prefix}-id`]: id,
    [`${prefix}-timestamp`]: timestamp,
    [`${prefix}-signature`]: `v1,${hmac(keyOf(secret), `${id}.${timestamp}.`, body).toString('base64')}`,
  };
};
export const stamped = (body: Bytes, t: string = String(NOW_S), label = 'v1', separator = '.') =>
  `t=${t},${label}=${hmac(SECRET, t + separator, body).toString('hex')}`;

export const signed = (keyId = '1') => ({ kind: 'signed', covers: 'body', keyId });
