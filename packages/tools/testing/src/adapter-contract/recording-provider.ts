import { createHmac } from 'node:crypto';
import { type Provider, type RawDelivery, unparseable } from '@tasklatch/core';

/** What came out on the provider's side of the adapter. */
export type SeenDelivery = RawDelivery & { readonly headers: Readonly<Record<string, string | undefined>> };

export interface RecordingProvider extends Provider<unknown> {
  /** Every delivery that reached the provider's code, as it got there. */
  readonly seen: readonly SeenDelivery[];
}

const KEY = 'the key that the sender of the contract signs with';

/** The header that proves these bytes to the provider `signed`. */
export const signatureOf = (bytes: Uint8Array): string => createHmac('sha256', KEY).update(bytes).digest('hex');

/**
 * Two senders: `signed` signs the bytes of its bodies, `plain` signs nothing and is believed by its URL alone. A body is JSON of a
 * `ProviderFact`; a form with the same names will do for `plain`.
 */
export function recordingProvider(kind: 'signed' | 'plain', name: string): RecordingProvider {
  const seen: SeenDelivery[] = [];
  return {
    name,
    seen,
    submit: async ({ taskId }) => ({ kind: 'accepted', fact: { externalId: `ext-${taskId}`, status: 'pending' } }),
    callbacks: {
      perTask: true,
      needsExactBody: kind === 'signed',
      confirm: 'never',
      authenticate(delivery) {
        const headers = Object.fromEntries(NOTED.map((header) => [header.toLowerCase(), delivery.header(header)]));
        seen.push({ ...delivery, headers });
        if (kind === 'plain') return { kind: 'token' };
        return delivery.header('X-Signature') === signatureOf(delivery.body)
          ? { kind: 'signed', covers: 'body', keyId: null }
          : { kind: 'forged', reason: 'signature' };
      },
      parse(delivery) {
        const text = Buffer.from(delivery.body)
          .toString('utf8')
          .replace(/^\uFEFF/, '');
        // The suite writes these bodies, as `ProviderFact`s.
        if (text.startsWith('status=')) return [Object.fromEntries(new URLSearchParams(text)) as never];
        const said: unknown = JSON.parse(text);
        if (typeof said !== 'object' || said === null || !('status' in said)) throw unparseable('no status');
        return [said as never];
      },
    },
  };
}

const NOTED = ['Content-Type', 'X-SHOUTED', 'x-mixed-case', 'X-Repeated', 'x-latin', 'x-empty', 'Content-Encoding'];
