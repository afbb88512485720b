import { publish } from './events.js';
import { isExternalId } from './external-id.js';
import type { DeliveryRecord, Fact, OpenOnFact, ProviderFact } from './fact.js';
import { makeFact, saidBy } from './make-fact.js';
import type { Provider, RawDelivery } from './provider.js';

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
  let said: readonly ProviderFact[] | undefined;
  try {
    said = provider.callbacks?.parse(delivery);
  } catch {
    // `unparseable`, or a provider package that fails on what it did not expect: kept either way, nothing authentic is dropped.
  }
  const nameless = said?.some((one) => delivery.taskId === null && (one.externalId ?? null) === null) === true;
  const misnamed = said?.some((one) => !isExternalId(one.externalId ?? 'x')) === true;
  if (said === undefined || nameless || misnamed) {
    const kept = keep(false);
    return [makeFact({ ...base, trust, delivery: kept, unparseable: true, nonce: kept?.bodyHash ?? '' })];
  }
  return said
    .filter((one) => onlyExternalId === undefined || one.externalId === onlyExternalId)
    .map((one) => {
      if (one.unknownStatus === true) publish('unknownStatus', { provider: provider.name, taskId: delivery.taskId });
      const believed = one.thin === true && provider.status !== undefined ? 'hint' : trust;
      // A hint asks for a check now; the check decides.
      const checkInMs = believed === 'hint' ? 0 : null;
      return makeFact({
        ...base,
        ...saidBy(one),
        trust: believed,
        delivery: keep(true),
        checkInMs,
        announce,
        open: open(),
      });
    });
}
