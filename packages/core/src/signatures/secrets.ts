import { TasklatchError } from '../errors.js';

/** One secret, or several during a rotation. Any that is valid at the time of the delivery may match; its `id` is recorded. */
export type Secrets = Secret | readonly Secret[];

export type Secret =
  | string
  | {
      readonly secret: string;
      /** Recorded as `keyId` when this one matches. Default: its place in the list, from `1`. */
      readonly id?: string;
      /** Not used before this time. Unix milliseconds or a Date. */
      readonly from?: number | Date;
      /** Not used from this time on. */
      readonly until?: number | Date;
    };

export interface RingKey<K> {
  readonly id: string;
  readonly key: K;
}

/** The keys that are valid at a time (Unix milliseconds). A closure: the secrets are in no property that could be printed. */
export type KeyRing<K> = (at: number) => readonly RingKey<K>[];

/**
 * Checks secrets and makes their keys once. Throws `invalid_options` that names the scheme, the secret's place and what is wrong, never
 * the secret. `make` gets a secret that is not empty and has no white space around it, and returns what is wrong as a string.
 */
export function keyRing<K extends object>(
  scheme: string,
  secrets: Secrets,
  make: (secret: string) => K | string,
): KeyRing<K> {
  const list = isList(secrets) ? secrets : [secrets];
  if (list.length === 0) throw wrong(scheme, 'no secret was given', 'Pass at least one');
  const keys = list.map((entry, index) => {
    const place = list.length === 1 ? 'the secret' : `secret ${index + 1} of ${list.length}`;
    const {
      secret,
      id = String(index + 1),
      from,
      until,
    } = typeof entry === 'object' && entry !== null ? entry : { secret: entry };
    if (typeof secret !== 'string' || secret.trim() === '') {
      throw wrong(scheme, `${place} is empty`, 'Is the environment variable set?');
    }
    if (secret !== secret.trim()) {
      throw wrong(
        scheme,
        `${place} has white space around it`,
        'A line break often comes along when it is read from a file',
      );
    }
    const key = make(secret);
    if (typeof key === 'string') throw wrong(scheme, `${place} ${key}`);
    const start = time(scheme, place, 'from', from, Number.NEGATIVE_INFINITY);
    const end = time(scheme, place, 'until', until, Number.POSITIVE_INFINITY);
    if (start >= end) throw wrong(scheme, `${place} is never valid: "until" is not after "from"`);
    return { id, key, start, end };
  });
  if (new Set(keys.map((key) => key.id)).size < keys.length) throw wrong(scheme, 'two secrets have the same id');
  return (at) => keys.filter((key) => key.start <= at && at < key.end);
}

const isList = (secrets: Secrets): secrets is readonly Secret[] => Array.isArray(secrets);

function time(scheme: string, place: string, name: string, value: number | Date | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  const at = Number(value);
  if (Number.isNaN(at)) throw wrong(scheme, `"${name}" of ${place} is no time`, 'Pass Unix milliseconds or a Date');
  return at;
}

export function wrong(scheme: string, what: string, hint?: string): TasklatchError {
  return new TasklatchError(
    'invalid_options',
    `Signature scheme "${scheme}": ${what}.${hint === undefined ? '' : ` ${hint}`}`,
  );
}
