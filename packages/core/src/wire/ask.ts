import { ProviderFailure } from '../errors.js';
import type { ProviderIo } from '../provider.js';
import { waitAskedMs } from './retry-after.js';
import { type SendInit, type SentResponse, sendOnce } from './send-once.js';
import { toldError } from './told-error.js';

/**
 * One GET for a status check. Throws `ProviderFailure` when there is no answer, or one that says to come again: 408, 425, 429, 5xx and
 * redirects; 429 and 503 with `Retry-After` stop checks of the whole provider for that long. Other 4xx come back as they are:
 * a 404 means something else at each provider.
 */
export async function ask(io: ProviderIo, url: string, init: SendInit = {}): Promise<SentResponse> {
  const sent = await sendOnce(io, url, { method: 'GET', ...init });
  if (sent.kind !== 'answer') throw new ProviderFailure(sent.code);
  const again = comeAgain(sent.response, io.now());
  if (again !== undefined) throw again;
  return sent.response;
}

/** The failure in an answer that says to come again; undefined for any other answer. */
export function comeAgain(response: SentResponse, now: number): ProviderFailure | undefined {
  const { status } = response;
  const good = status >= 200 && status < 300;
  if (good || (status >= 400 && status < 500 && ![408, 425, 429].includes(status))) return undefined;
  const { code, message } = toldError(response, []);
  const wait = waitAskedMs(response, message, now);
  return new ProviderFailure(code, wait, status === 429 || (status === 503 && wait !== undefined));
}
