import { hmacKey, textKey } from './hmac.js';
import { keyRing } from './secrets.js';
import { forged, type SignatureOptions, type SignatureScheme, signedHeader } from './signature-scheme.js';
import { timeFault, timeWindow } from './time-window.js';

/** What tells one sender of body-only signatures from another. The key is the whole secret text. */
export interface BodyRow {
  readonly name: string;
  readonly header: string;
  /** Before the hex digest. */
  readonly prefix: string;
  /** Whether the sender's own check decodes the digest, so that upper-case hex is as good. */
  readonly anyCase: boolean;
  /** An unsigned timestamp beside it: it keeps honest late copies out, and no one else. */
  readonly timestampHeader?: string;
}

/**
 * Makes a preset from its row. There is no signed timestamp in this family: a delivery that was captured once verifies for ever, so
 * copies must be told by what they say about the task, which the latch does.
 */
export const bodyPreset =
  (row: BodyRow) =>
  (options: SignatureOptions): SignatureScheme => {
    const ring = keyRing(row.name, options.secret, textKey);
    const window = timeWindow(row.name, { pastS: 300, futureS: Number.POSITIVE_INFINITY }, options.toleranceS);
    return {
      name: row.name,
      coversBody: true,
      verify(delivery) {
        const header = signedHeader(delivery, row.header);
        if (header === undefined) return forged('the signature header is missing');
        if (!header.startsWith(row.prefix)) return forged('the signature header has another form');
        if (row.timestampHeader !== undefined) {
          const fault = timeFault(signedHeader(delivery, row.timestampHeader), delivery.receivedAt, window);
          if (fault !== undefined) return forged(fault);
        }
        const digest = header.slice(row.prefix.length);
        const signature = row.anyCase ? digest.toLowerCase() : digest;
        const matched = hmacKey(ring(delivery.receivedAt), { before: '', body: delivery.body }, 'hex', [signature]);
        return matched === undefined
          ? forged('the signature does not match')
          : { kind: 'signed', covers: 'body', keyId: matched.id };
      },
    };
  };

export const githubSignature = bodyPreset({
  name: 'github',
  header: 'x-hub-signature-256',
  prefix: 'sha256=',
  anyCase: false,
});
/** Black Forest Labs, where `webhook_secret` was sent with the request. */
export const bflSignature = bodyPreset({ name: 'bfl', header: 'x-bfl-signature', prefix: 'sha256=', anyCase: false });
export const heyGenSignature = bodyPreset({
  name: 'heygen',
  header: 'heygen-signature',
  prefix: '',
  anyCase: true,
  timestampHeader: 'heygen-timestamp',
});
