import { type Fact, factKey } from './fact.js';

type Told = Pick<Fact, 'provider' | 'source'> &
  Partial<Omit<Fact, 'key' | 'provider' | 'source'>> & { readonly nonce?: string };

/** A fact with every field said; `nonce` makes it different from others that say the same. */
export function makeFact({ nonce, ...told }: Told): Fact {
  const fact: Omit<Fact, 'key'> = {
    taskId: null,
    externalId: null,
    trust: 'authentic',
    status: null,
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
    ...told,
  };
  return { ...fact, key: factKey(nonce === undefined ? fact : { ...fact, nonce }) };
}
