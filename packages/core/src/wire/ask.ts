import { ProviderFailure } from '../errors.js';
import type { ProviderIo } from '../provider.js';
import { retryAfterMs } from './retry-after.js';
import { type SendInit, type SentResponse, sendOnce } from './send-once.js';

/**
 * One GET for a status check. Throws `ProviderFailure` when there is no answer, or one that says to come again: 408, 425, 429, 5xx and
 * redirects; 429 and 503 with `Retry-After` stop checks of the whole provider for that long. Other 4xx come back as they are:
 * a 404 means something else at each provider.
 */
export async function ask(io: ProviderIo, url: string, init: SendInit = {}): Promise<SentResponse> {
  const sent = await sendOnce(io, url, { method: 'GET', ...init });
  if (sent.kind !== 'answer') throw new ProviderFailure(sent.code);
  const { status, headers } = sent.response;
  if (status >= 200 && status < 300) return sent.response;
  const retry = retryAfterMs(headers.get('retry-after'), io.now());
  if (status === 429) throw new ProviderFailure('http_429', retry, true);
  if (status === 503) throw new ProviderFailure('http_503', retry, retry !== undefined);
  if (status < 400 || status === 408 || status === 425 || status >= 500)
    throw new ProviderFailure(`http_${status}`, retry);
  return sent.response;
}
