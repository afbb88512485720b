import { createHash } from 'node:crypto';
import { ed25519Verifies } from './ed25519.js';
import { type FetchedKeysOptions, fetchedKeys, fixedKeys, type KeySource } from './key-source.js';
import { wrong } from './secrets.js';
import { forged, type SignatureScheme, signedHeader } from './signature-scheme.js';
import { timeFault, timeWindow } from './time-window.js';

/** What tells one sender of Ed25519 signatures over `id\nuser\ntimestamp\nsha256hex(body)` from another. */
export interface Ed25519Row {
  readonly name: string;
  readonly idHeader: string;
  readonly userHeader: string;
  readonly timestampHeader: string;
  /** Hex. */
  readonly signatureHeader: string;
  /** Where the sender serves its JWK set. */
  readonly keysUrl: string;
}

export interface Ed25519Options extends FetchedKeysOptions {
  /** Another address of the JWK set, or the set itself, which is then never fetched. Default: the sender's documented address. */
  readonly keys?: string | object;
  /** Accepted distance of the sender's timestamp from the clock, both ways, in seconds. Default 300. */
  readonly toleranceS?: number;
}

/** Makes a preset from its row. Every key of the set is tried, so a key id in the request can only be a hint and is not read. */
export const ed25519Preset =
  (row: Ed25519Row) =>
  (options: Ed25519Options = {}): SignatureScheme => {
    const source = sourceOf(row, options);
    const window = timeWindow(row.name, { pastS: 300, futureS: 300 }, options.toleranceS);
    return {
      name: row.name,
      coversBody: true,
      async verify(delivery) {
        // All that needs no key comes first: it costs a forger more than us.
        const [id, user, timestamp, hex] = [row.idHeader, row.userHeader, row.timestampHeader, row.signatureHeader].map(
          (name) => signedHeader(delivery, name),
        );
        if (id === undefined || user === undefined) return forged('the id or the user header is missing');
        const fault = timeFault(timestamp, delivery.receivedAt, window);
        if (fault !== undefined) return forged(fault);
        if (hex === undefined || !/^[0-9a-fA-F]{128}$/.test(hex))
          return forged('the signature is missing or is not 64 bytes in hex');

        const bodyHash = createHash('sha256').update(delivery.body).digest('hex');
        const message = Buffer.from([id, user, timestamp, bodyHash].join('\n'));
        const signature = Buffer.from(hex, 'hex');
        const held = await source.current(delivery.receivedAt);
        if (held === undefined) return { kind: 'undecided', reason: 'the keys of the sender are not to be had' };
        const signer = held.find(({ key }) => ed25519Verifies(key, message, signature));
        if (signer !== undefined) return { kind: 'signed', covers: 'body', keyId: signer.kid };
        // It may be by a key that is newer than our copy.
        const renewed = await source.renewed(delivery.receivedAt, held);
        if (renewed === 'same') return forged('no key of the sender made the signature');
        if (renewed === 'down') return { kind: 'undecided', reason: 'newer keys of the sender are not to be had' };
        const newer = renewed.find(({ key }) => ed25519Verifies(key, message, signature));
        return newer === undefined
          ? forged('no key of the sender made the signature')
          : { kind: 'signed', covers: 'body', keyId: newer.kid };
      },
    };
  };

function sourceOf(row: Ed25519Row, { keys = row.keysUrl, ...options }: Ed25519Options): KeySource {
  if (typeof keys === 'string') return fetchedKeys(keys, options);
  if (keys === null) throw wrong(row.name, 'no key set was given', 'Leave "keys" out to use the documented address');
  return fixedKeys(keys);
}

/** fal. Its page's JavaScript sample lets a timestamp through that is no number; its text does not, and neither do we. */
export const falSignature = ed25519Preset({
  name: 'fal',
  idHeader: 'x-fal-webhook-request-id',
  userHeader: 'x-fal-webhook-user-id',
  timestampHeader: 'x-fal-webhook-timestamp',
  signatureHeader: 'x-fal-webhook-signature',
  keysUrl: 'https://rest.fal.ai/.well-known/jwks.json',
});

export const ideogramSignature = ed25519Preset({
  name: 'ideogram',
  idHeader: 'x-ideogram-webhook-generation-id',
  userHeader: 'x-ideogram-webhook-user-id',
  timestampHeader: 'x-ideogram-webhook-timestamp',
  signatureHeader: 'x-ideogram-webhook-signature',
  keysUrl: 'https://api.ideogram.ai/v1/.well-known/jwks.json',
});
