import type { SubmitAnswer } from '../provider.js';
import type { TaskError } from '../task.js';
import { waitAskedMs } from './retry-after.js';
import type { Sent, SentResponse } from './send-once.js';

/** The three kinds of failed submits (promise 5), for what `sendOnce` and the provider's answer tell. */

/** For a request that got no answer. */
export function noAnswer(sent: Exclude<Sent, { kind: 'answer' }>): SubmitAnswer {
  return { kind: sent.kind, error: { code: sent.code, message: null } };
}

/**
 * For an answer that is no success, by its status: 4xx and redirects made no task and never will (`refused`); 425 and 429 turn away
 * before work (`notSent`, with `Retry-After`, or "try again in 12s" in the words); 303 and 408 and 5xx may have made one (`unclear`). `error` is what the provider said.
 */
export function failedSubmit(response: SentResponse, error: TaskError, now: number): SubmitAnswer {
  const { status } = response;
  if (status === 429 || status === 425) {
    const retry = waitAskedMs(response, error.message, now);
    return { kind: 'notSent', error, ...(retry === undefined ? {} : { retryAfterMs: retry }) };
  }
  // 303 is how "done, look over there" is said; 408 ends a request whose rest may have arrived.
  const refused = status >= 300 && status < 500 && status !== 303 && status !== 408;
  return { kind: refused ? 'refused' : 'unclear', error };
}
