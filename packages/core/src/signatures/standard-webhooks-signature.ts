import { createSecretKey, type KeyObject } from 'node:crypto';
import { base64Bytes, ed25519Key, ed25519Verifies } from './ed25519.js';
import { hmacKey } from './hmac.js';
import { type KeyRing, keyRing, type RingKey } from './secrets.js';
import {
  forged,
  type SignatureOptions,
  type SignatureScheme,
  type SignedDelivery,
  signedHeader,
} from './signature-scheme.js';
import { timeFault, timeWindow } from './time-window.js';

/** What tells one sender of `id.timestamp.body` signatures from another. */
export interface StandardWebhooksRow {
  readonly name: string;
  /** Header names are `<prefix>-id`, `-timestamp` and `-signature`; each is looked for in this order. */
  readonly headerPrefixes: readonly string[];
  /** Entries of the signature list that carry an HMAC. */
  readonly label: string;
  readonly encoding: 'base64' | 'hex';
  /** `base64`: the key is the base64 after `whsec_`. `text`: the text after it. */
  readonly key: 'base64' | 'text';
}

/** Most Ed25519 signatures of one list that are tried: each costs a fraction of a millisecond. */
const MAX_ED25519 = 8;
const WINDOW = { pastS: 300, futureS: 300 };

/** Makes a preset from its row: a function that takes the secrets and gives the scheme. */
export const standardWebhooksPreset =
  (row: StandardWebhooksRow) =>
  (options: SignatureOptions): SignatureScheme => {
    const ring: KeyRing<KeyObject> = keyRing(row.name, options.secret, row.key === 'base64' ? webhookKey : afterPrefix);
    const window = timeWindow(row.name, WINDOW, options.toleranceS);
    return {
      name: row.name,
      coversBody: true,
      verify(delivery) {
        const [id, timestamp, list] = ['id', 'timestamp', 'signature'].map((part) => branded(delivery, row, part));
        if (id === undefined) return forged('the id header is missing');
        const fault = timeFault(timestamp, delivery.receivedAt, window);
        if (fault !== undefined) return forged(fault);
        if (list === undefined) return forged('the signature header is missing');
        const before = `${id}.${timestamp}.`;
        const keys = ring(delivery.receivedAt);
        const matched =
          hmacKey(keys.filter(isSecret), { before, body: delivery.body }, row.encoding, labelled(list, row.label)) ??
          signer(
            keys.filter((key) => !isSecret(key)),
            Buffer.concat([Buffer.from(before), delivery.body]),
            labelled(list, 'v1a'),
          );
        return matched === undefined
          ? forged('no signature matches')
          : { kind: 'signed', covers: 'body', keyId: matched.id };
      },
    };
  };

/** Standard Webhooks 1.0.0: HMAC (`v1`, `whsec_…`) and Ed25519 (`v1a`, `whpk_…`), both in one list during a change. */
export const standardWebhooksSignature = standardWebhooksPreset({
  name: 'standard-webhooks',
  headerPrefixes: ['webhook'],
  label: 'v1',
  encoding: 'base64',
  key: 'base64',
});

/** Svix: its own header names, and the standard ones where those are absent. */
export const svixSignature = standardWebhooksPreset({
  name: 'svix',
  headerPrefixes: ['svix', 'webhook'],
  label: 'v1',
  encoding: 'base64',
  key: 'base64',
});

/** WaveSpeed looks like Standard Webhooks and is not: hex, `v3`, and a key that is not decoded. */
export const waveSpeedSignature = standardWebhooksPreset({
  name: 'wavespeed',
  headerPrefixes: ['webhook'],
  label: 'v3',
  encoding: 'hex',
  key: 'text',
});

function branded(delivery: SignedDelivery, row: StandardWebhooksRow, part: string): string | undefined {
  const prefix = row.headerPrefixes.find((name) => delivery.header(`${name}-${part}`) !== undefined);
  return prefix === undefined ? undefined : signedHeader(delivery, `${prefix}-${part}`);
}

/** The values of the entries `label,value`; entries of other versions, and what is no entry, are passed over. */
function labelled(list: string, label: string): readonly string[] {
  return list.split(' ').flatMap((entry) => {
    const [version, value, ...rest] = entry.split(',');
    return version === label && value !== undefined && rest.length === 0 ? [value] : [];
  });
}

function signer(keys: readonly RingKey<KeyObject>[], message: Buffer, signatures: readonly string[]) {
  const decoded = signatures.slice(0, MAX_ED25519).flatMap((signature) => base64Bytes(signature) ?? []);
  return keys.find(({ key }) => decoded.some((signature) => ed25519Verifies(key, message, signature)));
}

const isSecret = ({ key }: RingKey<KeyObject>): boolean => key.type === 'secret';

function webhookKey(secret: string): KeyObject | string {
  if (secret.startsWith('whsk_')) {
    return 'is the private key of the sender (whsk_). A receiver needs the public one (whpk_); whoever has this one can sign in their name';
  }
  if (secret.startsWith('whpk_')) {
    const bytes = base64Bytes(secret.slice('whpk_'.length));
    const key = bytes === undefined ? undefined : ed25519Key(bytes);
    return key ?? 'is not a public key: after "whpk_" there must be 32 bytes in base64';
  }
  const text = secret.startsWith('whsec_') ? secret.slice('whsec_'.length) : secret;
  // Some dashboards show it without its padding.
  const bytes = base64Bytes(text) ?? base64Bytes(text.padEnd(Math.ceil(text.length / 4) * 4, '='));
  if (bytes === undefined)
    return 'is not base64 (after "whsec_", if it has that). Copy it again from the sender, in full';
  // The specification asks for 24 to 64; a few senders give others.
  if (bytes.length < 16)
    return `has ${bytes.length} bytes, which is too short to be a webhook secret (24 to 64). Was it cut?`;
  return createSecretKey(bytes);
}

function afterPrefix(secret: string): KeyObject | string {
  const text = secret.startsWith('whsec_') ? secret.slice('whsec_'.length) : secret;
  return text === '' ? 'ends after "whsec_"' : createSecretKey(text, 'utf8');
}
