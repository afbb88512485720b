import { jsonOf } from '../wire/json-of.js';
import { sendOnce } from '../wire/send-once.js';
import { jwkKeys, type PublicKey } from './jwk-keys.js';
import { wrong } from './secrets.js';

/** Where the public keys of a sender come from. Times are Unix milliseconds. */
export interface KeySource {
  /** The keys to try; undefined when there are none to be had now. */
  current(at: number): Promise<readonly PublicKey[] | undefined>;
  /** Asked when no key of `held` made the signature: newer keys, `same` when there are none, `down` when that can't be found out. */
  renewed(at: number, held: readonly PublicKey[]): Promise<readonly PublicKey[] | 'same' | 'down'>;
}

/** A JWK set that is known beforehand. Throws `invalid_options` when it holds no Ed25519 key. */
export function fixedKeys(set: unknown): KeySource {
  const keys = jwkKeys(set);
  if (keys.length === 0)
    throw wrong(
      'jwks',
      'the key set has no Ed25519 signing key',
      'Pass {"keys":[{"kty":"OKP","crv":"Ed25519","x":"…"}]}',
    );
  return { current: async () => keys, renewed: async () => 'same' };
}

export interface FetchedKeysOptions {
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch;
  /** Keys older than this are never used. Default and most: 24 h, which is what fal documents. */
  readonly maxAgeMs?: number;
  /** Keys older than this are fetched again beside the work, so that a short outage at `maxAgeMs` is not noticed. Default a quarter of it. */
  readonly refreshMs?: number;
  /** After an answer, signatures by unknown keys cause no further fetch for this long, however many come. Default 60 s. */
  readonly refetchMs?: number;
  /** The same after a fetch that failed. Default 5 s. */
  readonly retryMs?: number;
  /** Time limit of one fetch. Default 5 s. */
  readonly timeoutMs?: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** A JWK set served at a URL: cached, fetched by one request at a time, and at a bounded rate whatever is sent to us. */
export function fetchedKeys(url: string, options: FetchedKeysOptions = {}): KeySource {
  checkUrl(url);
  const {
    fetch = (...args) => globalThis.fetch(...args),
    refetchMs = 60_000,
    retryMs = 5_000,
    timeoutMs = 5_000,
  } = options;
  const maxAgeMs = Math.min(options.maxAgeMs ?? DAY_MS, DAY_MS);
  const refreshMs = options.refreshMs ?? maxAgeMs / 4;
  let held: { readonly keys: readonly PublicKey[]; readonly at: number } | undefined;
  let tried: { readonly at: number; readonly ok: boolean } | undefined;
  let flying: Promise<void> | undefined;

  const young = (at: number, ageMs: number) => held !== undefined && at - held.at < ageMs;
  const mayTry = (at: number) => tried === undefined || at - tried.at >= (tried.ok ? refetchMs : retryMs);

  /** Joins the fetch in flight, or starts one if that is allowed. Never rejects. */
  function refresh(at: number): Promise<void> {
    if (flying !== undefined) return flying;
    if (!mayTry(at)) return Promise.resolve();
    flying = load(url, fetch, timeoutMs).then((keys) => {
      if (keys !== undefined) held = { keys, at };
      tried = { at, ok: keys !== undefined };
      flying = undefined;
    });
    return flying;
  }

  return {
    async current(at) {
      if (!young(at, maxAgeMs)) await refresh(at);
      else if (!young(at, refreshMs)) void refresh(at);
      return young(at, maxAgeMs) ? held?.keys : undefined;
    },
    async renewed(at, known) {
      if (held?.keys === known) await refresh(at);
      if (held !== undefined && held.keys !== known) return held.keys;
      return tried?.ok === true ? 'same' : 'down';
    },
  };
}

async function load(
  url: string,
  fetch: typeof globalThis.fetch,
  timeoutMs: number,
): Promise<readonly PublicKey[] | undefined> {
  const io = { fetch, signal: AbortSignal.timeout(timeoutMs), now: Date.now };
  const sent = await sendOnce(io, url, {
    method: 'GET',
    headers: { accept: 'application/json' },
    maxBytes: 256 * 1024,
  });
  if (sent.kind !== 'answer' || sent.response.status !== 200) return undefined;
  const keys = jwkKeys(jsonOf(sent.response.text));
  // A set without a usable key is a fault of the server, no reason to forget the keys we have.
  return keys.length === 0 ? undefined : keys;
}

function checkUrl(url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const loopback = ['127.0.0.1', 'localhost', '[::1]'].includes(parsed?.hostname ?? '');
  if (parsed?.protocol !== 'https:' && !(parsed?.protocol === 'http:' && loopback)) {
    throw wrong(
      'jwks',
      'the address of the key set is not an https URL',
      'Whoever can change the keys on their way can sign as the sender',
    );
  }
}
