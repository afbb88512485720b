import { type Fact, factKey } from '@tasklatch/core';

/**
 * An authentic delivery that says `running` about no task in particular. Say what differs; the key follows from what the fact says, so
 * two facts made alike are copies of each other. `nonce` makes them two facts that say the same.
 */
export function aFact({ nonce, ...over }: Partial<Fact> & { readonly nonce?: string } = {}): Fact {
  const fact: Omit<Fact, 'key'> = {
    provider: 'acme',
    taskId: null,
    externalId: null,
    source: 'delivery',
    trust: 'authentic',
    status: 'running',
    providerStatus: null,
    progress: null,
    result: null,
    error: null,
    delivery: null,
    checkInMs: null,
    notSent: null,
    unparseable: false,
    announce: false,
    replay: null,
    open: null,
    releases: null,
    ...over,
  };
  return { ...fact, key: over.key ?? factKey(nonce === undefined ? fact : { ...fact, nonce }) };
}
