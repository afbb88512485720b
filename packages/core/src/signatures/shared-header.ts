import { sameSecret } from './same-text.js';
import { keyRing, type Secrets } from './secrets.js';
import { forged, type SignatureScheme } from './signature-scheme.js';

/** What tells one sender of a shared header value from another. */
export interface SharedHeaderRow {
  readonly name: string;
  readonly header: string;
  /** How the value is written: as it is, `Bearer value`, or `Basic` with the base64 of `user:password`. */
  readonly form: 'raw' | 'bearer' | 'basic';
}

export interface SharedHeaderOptions {
  readonly secret: Secrets;
}

/** Makes a preset from its row. Proves who sent the delivery and nothing about what is in it (`covers: "sender"`). */
export const sharedHeaderPreset =
  (row: SharedHeaderRow) =>
  (options: SharedHeaderOptions): SignatureScheme => {
    const ring = keyRing(row.name, options.secret, (secret) => ({ header: written(secret, row.form) }));
    return {
      name: row.name,
      coversBody: false,
      verify(delivery) {
        const given = delivery.header(row.header);
        if (given === undefined || given === '') return forged('the shared header is missing');
        const matched = ring(delivery.receivedAt).find(({ key }) => sameSecret(given, key.header));
        return matched === undefined
          ? forged('the shared header has another value')
          : { kind: 'signed', covers: 'sender', keyId: matched.id };
      },
    };
  };

/** AssemblyAI lets you choose the name (`webhook_auth_header_name`) and the value. */
export const assemblyAiHeader = ({
  header,
  secret,
}: SharedHeaderOptions & { readonly header: string }): SignatureScheme =>
  sharedHeaderPreset({ name: 'assemblyai', header: header.toLowerCase(), form: 'raw' })({ secret });
export const scaleHeader = sharedHeaderPreset({ name: 'scale', header: 'scale-callback-auth', form: 'raw' });
export const piApiHeader = sharedHeaderPreset({ name: 'piapi', header: 'x-webhook-secret', form: 'raw' });
export const leonardoHeader = sharedHeaderPreset({ name: 'leonardo', header: 'authorization', form: 'bearer' });
/** Deepgram sends the identifier of the API key, which is not much of a secret. Basic auth in the callback URL is its other way. */
export const deepgramHeader = sharedHeaderPreset({ name: 'deepgram', header: 'dg-token', form: 'raw' });

function written(secret: string, form: SharedHeaderRow['form']): string {
  if (form === 'bearer') return `Bearer ${secret}`;
  if (form === 'basic') return `Basic ${Buffer.from(secret, 'utf8').toString('base64')}`;
  return secret;
}
