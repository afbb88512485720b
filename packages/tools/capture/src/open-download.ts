import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, isIPv6, type LookupFunction } from 'node:net';
import { type AddressRules, allowedAddresses } from './allowed-addresses.js';
import { CaptureError } from './capture-error.js';
import { untilAborted } from './until-aborted.js';

export interface DownloadRules extends AddressRules {
  readonly allowHttp: boolean;
  readonly maxRedirects: number;
  /** Certificate authorities instead of Node's. */
  readonly ca: string | undefined;
}

const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * Opens one download and follows its redirects, each checked like the first address. Resolves with a 200 whose body has not been
 * read; throws `CaptureError` for anything else. Destroy the message when done.
 */
export async function openDownload(url: string, rules: DownloadRules, signal: AbortSignal): Promise<IncomingMessage> {
  let next = checkedUrl(url, undefined, rules);
  for (let hops = 0; ; hops += 1) {
    const response = await get(next, rules, signal);
    const { statusCode = 0, headers } = response;
    if (statusCode === 200) return response;
    response.destroy();
    if (!REDIRECTS.includes(statusCode) || headers.location === undefined) {
      throw new CaptureError(`http_${statusCode}`);
    }
    if (hops >= rules.maxRedirects) throw new CaptureError('too_many_redirects');
    next = checkedUrl(headers.location, next, rules);
  }
}

function checkedUrl(text: string, base: URL | undefined, { allowHttp }: DownloadRules): URL {
  if (!URL.canParse(text, base?.href)) throw new CaptureError('bad_url');
  const url = new URL(text, base);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new CaptureError('bad_url');
  if (url.protocol === 'http:' && !allowHttp) throw new CaptureError('insecure_url');
  // A user and password in the URL of a result are nobody's we know.
  if (url.username !== '' || url.password !== '') throw new CaptureError('bad_url');
  return url;
}

async function get(url: URL, rules: DownloadRules, signal: AbortSignal): Promise<IncomingMessage> {
  const addresses = await untilAborted(signal, allowedAddresses(url.hostname, rules));
  const literal = isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0;
  return new Promise((resolve, reject) => {
    const secure = url.protocol === 'https:';
    const request: ClientRequest = (secure ? requestHttps : requestHttp)(url, {
      signal,
      // A connection of its own: one from a pool could lead to where an earlier answer of the resolver pointed.
      agent: false,
      lookup: pinnedTo(addresses),
      headers: { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'tasklatch', connection: 'close' },
      // The certificate must be the host's, whatever address it is reached at.
      ...(secure && !literal ? { servername: url.hostname } : {}),
      ...(secure && rules.ca !== undefined ? { ca: rules.ca } : {}),
    });
    request.on('response', (response) => {
      // Who reads the body sees its errors; one that comes before or after that must not end the process.
      response.on('error', () => undefined);
      resolve(response);
    });
    request.on('error', () => reject(new CaptureError('unreachable')));
    request.end();
  });
}

/** Answers every look-up of a connection with the addresses that were checked. */
function pinnedTo(addresses: readonly string[]): LookupFunction {
  const entries = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  return (_hostname, { all }, callback) => {
    const [first] = entries;
    if (all) callback(null, entries);
    else callback(null, first?.address ?? '', first?.family);
  };
}
