import { type Fact, type FactStatus, factKey, type ProviderFact } from './fact.js';

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

/** What a provider said, made safe to join: an unlisted status counts as pending, progress is a number from 0 to 100. */
export function saidBy(
  said: ProviderFact,
): Pick<Fact, 'externalId' | 'status' | 'providerStatus' | 'progress' | 'result' | 'error'> {
  const status: FactStatus | null = said.unknownStatus === true ? 'pending' : said.status;
  const progress = said.progress ?? null;
  return {
    externalId: said.externalId ?? null,
    status,
    providerStatus: said.providerStatus?.slice(0, 200) ?? null,
    progress: progress === null || !Number.isFinite(progress) ? null : Math.min(100, Math.max(0, Math.round(progress))),
    result: said.result ?? null,
    error: said.error ?? null,
  };
}
