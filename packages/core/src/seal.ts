import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { TasklatchError } from './errors.js';
import type { Fact } from './fact.js';
import type { Task, TaskError, TaskResult } from './task.js';

/** Seals what came from outside (result URLs, the provider's words, kept bodies) before it reaches a store. */
export interface Sealer {
  seal(text: string): string;
  /** Null when the key is gone: what was sealed with it is gone too. */
  unseal(sealed: string): string | null;
}

export interface SealingKey {
  /** Written beside what it sealed: `[a-zA-Z0-9_-]{1,32}`. */
  readonly id: string;
  /** 32 bytes as base64 or base64url. */
  readonly key: string;
}

/**
 * AES-256-GCM with named keys: the first seals, all unseal. Sealed fields live as long as their key: take a key off the list and
 * everything it sealed can't be read any more, while tasks, hashes and the ledger stay.
 */
export function aesSealer(keys: readonly SealingKey[]): Sealer {
  const ring = new Map(
    keys.map(({ id, key }) => {
      const bytes = Buffer.from(key, 'base64');
      if (!/^[\w-]{1,32}$/.test(id) || bytes.length !== 32) {
        throw new TasklatchError(
          'invalid_options',
          'A sealing key needs an id of letters, digits, _ and -, and 32 bytes as base64. Make one with: openssl rand -base64 32',
        );
      }
      return [id, createSecretKey(bytes)] as const;
    }),
  );
  const [newest] = ring;
  if (newest === undefined)
    throw new TasklatchError('invalid_options', 'aesSealer needs at least one key: the first seals, all unseal.');
  return {
    seal(text) {
      const [id, key] = newest;
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(id));
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return [
        'aes1',
        id,
        iv.toString('base64url'),
        sealed.toString('base64url'),
        cipher.getAuthTag().toString('base64url'),
      ].join('.');
    },
    unseal(text) {
      const [scheme, id = '', iv = '', sealed = '', tag = ''] = text.split('.');
      const key = ring.get(id);
      if (scheme !== 'aes1' || key === undefined) return null;
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64url'), { authTagLength: 16 });
        decipher.setAAD(Buffer.from(id)).setAuthTag(Buffer.from(tag, 'base64url'));
        return Buffer.concat([decipher.update(Buffer.from(sealed, 'base64url')), decipher.final()]).toString('utf8');
      } catch {
        // Altered in the store: as good as gone.
        return null;
      }
    },
  };
}

const sealResult = (sealer: Sealer, result: TaskResult): TaskResult => ({
  files: [],
  sealed: sealer.seal(JSON.stringify(result)),
});
const sealError = (sealer: Sealer, error: TaskError): TaskError =>
  error.message === null ? error : { code: error.code, message: null, sealed: sealer.seal(error.message) };

/** The fact as a store may hold it. Its `key` stays: it was taken from the open fact. */
export function sealFact(sealer: Sealer | undefined, fact: Fact): Fact {
  if (sealer === undefined) return fact;
  const body = fact.delivery?.body ?? null;
  return {
    ...fact,
    result: fact.result === null ? null : sealResult(sealer, fact.result),
    error: fact.error === null ? null : sealError(sealer, fact.error),
    delivery: fact.delivery === null || body === null ? fact.delivery : { ...fact.delivery, body: sealer.seal(body) },
  };
}

/** The opposite of `sealFact`, for readers. What can't be unsealed any more reads as null. */
export function unsealFact(sealer: Sealer | undefined, fact: Fact): Fact {
  const { result, error } = unsealed(sealer, fact);
  const body = fact.delivery?.body ?? null;
  const open = body?.startsWith('aes1.') === true ? (sealer?.unseal(body) ?? null) : body;
  return { ...fact, result, error, delivery: fact.delivery === null ? null : { ...fact.delivery, body: open } };
}

export function unsealTask(sealer: Sealer | undefined, task: Task): Task {
  return task.result?.sealed === undefined && task.error?.sealed === undefined
    ? task
    : { ...task, ...unsealed(sealer, task) };
}

function unsealed(
  sealer: Sealer | undefined,
  { result, error }: Pick<Task, 'result' | 'error'>,
): Pick<Task, 'result' | 'error'> {
  const resultText = result?.sealed === undefined ? undefined : (sealer?.unseal(result.sealed) ?? null);
  const message = error?.sealed === undefined ? undefined : (sealer?.unseal(error.sealed) ?? null);
  return {
    // What was sealed was a result of ours, printed by `sealResult`.
    result: resultText === undefined ? result : resultText === null ? null : (JSON.parse(resultText) as TaskResult),
    error: error === null || message === undefined ? error : { code: error.code, message },
  };
}
