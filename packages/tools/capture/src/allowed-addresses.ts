import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { CaptureError } from './capture-error.js';
import { isPublicAddress } from './public-address.js';

/** Names to addresses. Called once for each request; the connection goes to what it answered and nowhere else. */
export type ResolveHost = (hostname: string) => Promise<readonly string[]>;

export interface AddressRules {
  readonly allowPrivate: boolean | ((address: string) => boolean);
  readonly resolve: ResolveHost;
}

/** All addresses, in the order of the system. */
export const systemResolve: ResolveHost = async (hostname) =>
  (await lookup(hostname, { all: true, verbatim: true })).map(({ address }) => address);

/**
 * The addresses of a host, resolved once. Throws `private_address` when any of them is off limits: of two answers the second may be the one
 * that a connection takes.
 */
export async function allowedAddresses(hostname: string, rules: AddressRules): Promise<readonly string[]> {
  const bare = hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(bare) ? [bare] : await resolved(bare, rules);
  if (addresses.length === 0) throw new CaptureError('unknown_host');
  const { allowPrivate } = rules;
  const allowed = typeof allowPrivate === 'function' ? allowPrivate : () => allowPrivate;
  if (!addresses.every((address) => isPublicAddress(address) || (isIP(address) && allowed(address)))) {
    throw new CaptureError('private_address');
  }
  return addresses;
}

async function resolved(hostname: string, rules: AddressRules): Promise<readonly string[]> {
  try {
    return await rules.resolve(hostname);
  } catch {
    // The resolver's error names the host.
    throw new CaptureError('unknown_host');
  }
}
