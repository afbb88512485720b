import { hmacKey, textKey } from './hmac.js';
import { keyRing } from './secrets.js';
import { forged, type SignatureOptions, type SignatureScheme, signedHeader } from './signature-scheme.js';
import { timeFault, timeWindow } from './time-window.js';

/** What tells one sender of `t=…,v1=…` signatures from another. The key is the whole secret text, any prefix included. */
export interface TimestampedRow {
  readonly name: string;
  readonly header: string;
  /** The field that carries the hex digest. */
  readonly label: string;
  /** Between the timestamp and the body in the signed text. */
  readonly separator: string;
  readonly toleranceS: number;
  /** `first`: only the first field with the label counts. */
  readonly fields: 'all' | 'first';
}

/** Makes a preset from its row. The sender's own libraries look at the age only, so a timestamp ahead of the clock passes. */
export const timestampedPreset =
  (row: TimestampedRow) =>
  (options: SignatureOptions): SignatureScheme => {
    const ring = keyRing(row.name, options.secret, textKey);
    const window = timeWindow(
      row.name,
      { pastS: row.toleranceS, futureS: Number.POSITIVE_INFINITY },
      options.toleranceS,
    );
    return {
      name: row.name,
      coversBody: true,
      verify(delivery) {
        const header = signedHeader(delivery, row.header);
        if (header === undefined) return forged('the signature header is missing');
        // Not trimmed: ` v1=…` is another field for the senders' own libraries too.
        const values = (label: string) =>
          header.split(',').flatMap((field) => (field.startsWith(`${label}=`) ? [field.slice(label.length + 1)] : []));
        const [timestamp, second] = values('t');
        if (second !== undefined) return forged('there is more than one timestamp');
        const fault = timeFault(timestamp, delivery.receivedAt, window);
        if (fault !== undefined) return forged(fault);
        const signatures = values(row.label).slice(0, row.fields === 'first' ? 1 : undefined);
        const signed = { before: `${timestamp}${row.separator}`, body: delivery.body };
        const matched = hmacKey(ring(delivery.receivedAt), signed, 'hex', signatures);
        return matched === undefined
          ? forged('no signature matches')
          : { kind: 'signed', covers: 'body', keyId: matched.id };
      },
    };
  };

const stripeRow: TimestampedRow = {
  name: 'stripe',
  header: 'stripe-signature',
  label: 'v1',
  separator: '.',
  toleranceS: 300,
  fields: 'all',
};

/** Stripe. `v0` (its test scheme) is not looked at. */
export const stripeSignature = timestampedPreset(stripeRow);
export const muxSignature = timestampedPreset({ ...stripeRow, name: 'mux', header: 'mux-signature' });
/** ElevenLabs: `v0`, the first one only, and half an hour of tolerance. */
export const elevenLabsSignature = timestampedPreset({
  ...stripeRow,
  name: 'elevenlabs',
  header: 'elevenlabs-signature',
  label: 'v0',
  toleranceS: 1800,
  fields: 'first',
});
/** OpenRouter joins timestamp and body with a comma: a verifier for Stripe refuses every one of its deliveries. */
export const openRouterSignature = timestampedPreset({
  ...stripeRow,
  name: 'openrouter',
  header: 'x-openrouter-signature',
  separator: ',',
});
