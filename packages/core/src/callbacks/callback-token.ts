import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { TasklatchError } from '../errors.js';
import { isTaskId } from '../task-id.js';

/**
 * The last segment of a callback URL: a capability for one task. It binds provider and task id by an HMAC with a key of its own and is
 * checked without a store look-up, in constant time.
 */
export interface CallbackTokens {
  /** With the first secret. */
  mint(provider: string, taskId: string): string;
  /** The task id, if one of the secrets made this token for this provider. */
  verify(provider: string, token: string): string | null;
}

const MAC_BYTES = 24;
const MIN_SECRET = 32;

/** `secrets`: the first signs, all verify, so a secret is rotated by putting a new one in front. */
export function callbackTokens(secrets: readonly string[]): CallbackTokens {
  if (secrets.length === 0 || secrets.some((secret) => typeof secret !== 'string' || secret.length < MIN_SECRET)) {
    throw new TasklatchError(
      'invalid_options',
      `callbacks.secret must be a text of at least ${MIN_SECRET} characters (or a list of them, newest first). ` +
        "Make one with: node -e \"console.log(require('crypto').randomBytes(32).toString('base64url'))\" and keep it in an environment variable.",
    );
  }
  const keys = secrets.map((secret) => createSecretKey(Buffer.from(secret, 'utf8')));
  const mac = (key: KeyObject, provider: string, taskId: string): Buffer =>
    createHmac('sha256', key).update(`tasklatch callback 1\n${provider}\n${taskId}`).digest().subarray(0, MAC_BYTES);

  return {
    mint(provider, taskId) {
      const [key] = keys;
      // The list was checked above; the compiler can't know.
      if (key === undefined) throw new TasklatchError('invalid_options', 'callbacks.secret is empty.');
      return `${taskId}.${mac(key, provider, taskId).toString('base64url')}`;
    },
    verify(provider, token) {
      const dot = token.indexOf('.');
      const taskId = token.slice(0, Math.max(dot, 0));
      const given = token.slice(dot + 1);
      if (!isTaskId(taskId) || !/^[A-Za-z0-9_-]{32}$/.test(given)) return null;
      const bytes = Buffer.from(given, 'base64url');
      // Every key is tried, so that time tells nothing about which one matched.
      const matches = keys.map((key) => timingSafeEqual(mac(key, provider, taskId), bytes));
      return matches.includes(true) ? taskId : null;
    },
  };
}

/** Each word of a text that holds a callback token (in a URL, mostly) hidden, whoever's it is: providers quote what they were sent. */
export function withoutTokens(text: string): string {
  if (!text.includes('tsk_')) return text;
  return text
    .split(/([\s"'<>(),;]+)/)
    .map((word) => (/tsk_[a-z2-7]{26}\.[\w-]{32}/.test(word) ? '[hidden]' : word))
    .join('');
}
