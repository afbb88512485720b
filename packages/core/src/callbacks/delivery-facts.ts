import { publish } from '../events.js';
import { isExternalId } from '../external-id.js';
import type { DeliveryRecord, Fact, OpenOnFact } from '../fact.js';
import { makeFact } from '../make-fact.js';
import type { Provider, RawDelivery } from '../provider.js';
import { hasUnknownStatus, saidBy } from '../said-by.js';

export interface ReadingOptions {
  readonly trust: Fact['trust'];
  /** With an id-only signature: nothing is taken from the body about any other task. */
  readonly onlyExternalId?: string | undefined;
  readonly keep: (readable: boolean) => DeliveryRecord | null;
  readonly announce: boolean;
  readonly open: () => OpenOnFact | null;
}

/** The facts of an authentic delivery. One that can't be read, or names no task, becomes a single fact for the quarantine. */
export function deliveryFacts(
  provider: Provider<never>,
  delivery: RawDelivery,
  options: ReadingOptions,
): readonly Fact[] {
  const { announce, keep, onlyExternalId, open, trust } = options;
  const base = { provider: provider.name, source: 'delivery', taskId: delivery.taskId } as const;
  const read = readDelivery(provider, delivery);
  if (read === undefined) {
    const kept = keep(false);
    // What the signature proved stays with it, for the replay.
    const externalId = isExternalId(onlyExternalId) ? onlyExternalId : null;
    return [makeFact({ ...base, externalId, trust, delivery: kept, unparseable: true, nonce: kept?.bodyHash ?? '' })];
  }
  return read
    .filter(({ said }) => onlyExternalId === undefined || said.externalId === onlyExternalId)
    .map(({ told, said }) => {
      if (hasUnknownStatus(told)) publish('unknownStatus', { provider: provider.name, taskId: delivery.taskId });
      const believed = told.thin === true && provider.status !== undefined ? 'hint' : trust;
      // A hint asks for a check now; the check decides.
      const checkInMs = believed === 'hint' ? 0 : null;
      return makeFact({ ...base, ...said, trust: believed, delivery: keep(true), checkInMs, announce, open: open() });
    });
}

/** What the provider package reads in it; undefined for what it can't read, and for what can't be kept or found again. */
function readDelivery(provider: Provider<never>, delivery: RawDelivery) {
  try {
    const read = (provider.callbacks?.parse(delivery) ?? []).map((told) => ({ told, said: saidBy(told) }));
    const isNamed = (id: string | null) => (id === null ? delivery.taskId !== null : isExternalId(id));
    return read.every(({ said }) => isNamed(said.externalId)) ? read : undefined;
  } catch {
    // `unparseable`, or a provider package that fails on what it did not expect: kept either way, nothing authentic is dropped.
    return undefined;
  }
}
