import { EFFECT_CAUSES, type EffectKind, type Fact, type PurgeQuery, type WorkEnd } from '@tasklatch/core';
import fc from 'fast-check';

/** Tasks, external ids and the like are named by small numbers; the player makes them unique to its run. */
export type Step =
  | {
      readonly act: 'open';
      readonly task: number;
      readonly token: number;
      readonly input: number;
      readonly soon: boolean;
      readonly overdue: boolean;
    }
  | { readonly act: 'record'; readonly facts: readonly FactStep[] }
  /** The facts of an earlier `record` once more. */
  | { readonly act: 'repeat'; readonly back: number }
  | {
      readonly act: 'claim';
      readonly work: 'effect' | 'check';
      readonly held: boolean;
      readonly twice: boolean;
      readonly kinds: readonly EffectKind[] | null;
    }
  | { readonly act: 'extend'; readonly lease: number; readonly leaseMs: number }
  | { readonly act: 'finish'; readonly lease: number; readonly end: EndStep }
  | { readonly act: 'purge'; readonly query: PurgeQuery }
  | { readonly act: 'discard'; readonly provider: number; readonly entry: number };

/** A split names handlers: of which cause, the lease says. */
export type EndStep =
  | Exclude<WorkEnd, { kind: 'split' }>
  | { readonly kind: 'split'; readonly among: readonly string[] };

export interface FactStep
  extends Pick<Fact, 'source' | 'trust' | 'status' | 'progress' | 'checkInMs' | 'unparseable' | 'announce' | 'replay'> {
  /** The task it is about, and how it says so. */
  readonly task: number;
  readonly named: boolean;
  readonly external: 'none' | 'own' | 'other';
  readonly provider: 'own' | 'other';
  readonly payload: number;
  readonly notSent: number | null;
  readonly opens: boolean;
  readonly bodyBytes: number;
  readonly releases: number | null;
  readonly nonce: number;
}

const HOUR = 3_600_000;
/** Longer than any run takes, and no two alike or a sum of others: so times can be compared though clocks are not in step. */
export const HOURS = { lease: 10 * HOUR, ask: 21 * HOUR, again: 33 * HOUR, deadline: 57 * HOUR, purge: 90 * HOUR };

const rarely = fc.nat(9).map((n) => n === 9);
const often = fc.nat(3).map((n) => n < 3);

/** In one `record`, unless the test asks for fewer. */
export const MOST_FACTS = 4;

// Few values of each, so that copies of a fact come up by themselves.
const fact: fc.Arbitrary<FactStep> = fc
  .record({
    task: fc.constantFrom(0, 0, 0, 1, 2),
    named: fc.boolean(),
    external: fc.constantFrom('own', 'own', 'own', 'none', 'none', 'other'),
    provider: rarely.map((other) => (other ? 'other' : 'own')),
    source: fc.constantFrom('delivery', 'delivery', 'delivery', 'check', 'submit', 'operator', 'deadline'),
    trust: rarely.map((hint) => (hint ? 'hint' : 'authentic')),
    status: fc.constantFrom('running', 'running', 'running', 'pending', 'unclear', null, 'succeeded', 'failed'),
    progress: fc.constantFrom(null, 12.5, 50),
    payload: fc.nat(1),
    checkInMs: fc.constantFrom(null, 0, HOURS.ask),
    unparseable: rarely,
    announce: fc.boolean(),
    replay: fc.constantFrom(null, 'settled', 'progress', 'fact', 'settled:mail', 'progress:mail', 'fact:bill'),
    notSent: fc.constantFrom(null, 0, 1),
    opens: rarely,
    bodyBytes: fc.constantFrom(0, 0, 10, 120),
    releases: fc.constantFrom(null, null, null, 0, 1),
    nonce: rarely.map(Number),
  } satisfies { [K in keyof FactStep]: fc.Arbitrary<FactStep[K]> })
  .map((step) => ({
    ...step,
    status: step.source === 'deadline' ? 'expired' : step.unparseable ? null : step.status,
    replay: step.source === 'operator' ? step.replay : null,
    notSent: step.source === 'submit' && step.status === null ? step.notSent : null,
  }));

const end: fc.Arbitrary<EndStep> = fc.oneof(
  fc.constant({ kind: 'done' } as const),
  fc.record({ kind: fc.constant('split' as const), among: fc.constantFrom(['mail'], ['bill', 'mail']) }),
  fc.record({ kind: fc.constant('again' as const), inMs: fc.constantFrom(0, HOURS.again) }),
  fc.constant({ kind: 'again', inMs: 0, error: 'boom' } as const),
  fc.constant({ kind: 'dead', error: 'gave_up' } as const),
);

const PARTS = EFFECT_CAUSES.flatMap((cause) => [`${cause}:mail`, `${cause}:bill`] as const);

const age = fc.constantFrom(0, HOURS.purge);

const steps: { [A in Step['act']]: fc.Arbitrary<Extract<Step, { act: A }>> } = {
  open: fc.record({
    act: fc.constant('open'),
    task: fc.nat(2),
    token: fc.nat(1),
    input: rarely.map(Number),
    soon: fc.boolean(),
    overdue: rarely,
  }),
  record: fc.record({ act: fc.constant('record'), facts: fc.array(fact, { minLength: 1, maxLength: MOST_FACTS }) }),
  repeat: fc.record({ act: fc.constant('repeat'), back: fc.nat(3) }),
  claim: fc.record({
    act: fc.constant('claim'),
    work: fc.constantFrom('effect', 'check'),
    held: often,
    twice: rarely,
    kinds: fc.constantFrom(null, null, ['settled'] as const, ['progress', 'fact'] as const, PARTS, PARTS),
  }),
  extend: fc.record({ act: fc.constant('extend'), lease: fc.nat(5), leaseMs: fc.constantFrom(1, HOURS.lease) }),
  finish: fc.record({ act: fc.constant('finish'), lease: fc.nat(5), end }),
  purge: fc.record({
    act: fc.constant('purge'),
    query: fc.record({ settledForMs: age, abandonedForMs: age, quarantinedForMs: age, contentForMs: age }),
  }),
  discard: fc.record({ act: fc.constant('discard'), provider: fc.nat(1), entry: fc.nat(2) }),
};

const rest = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: steps.open },
    { weight: 8, arbitrary: steps.record },
    { weight: 2, arbitrary: steps.repeat },
    { weight: 6, arbitrary: steps.claim },
    { weight: 6, arbitrary: steps.finish },
    { weight: 1, arbitrary: steps.extend },
    { weight: 1, arbitrary: steps.purge },
    { weight: 1, arbitrary: steps.discard },
  ),
  { minLength: 1, maxLength: 24, size: 'max' },
);

/** How a task begins: its intent, and mostly the answer to its submit. */
const begin = (task: number): fc.Arbitrary<readonly Step[]> =>
  fc.tuple(steps.open, rarely, rarely).map(([open, untouched, unanswered]) => {
    const submit = { ...SUBMITTED, task };
    const answer: Step = { act: 'record', facts: [submit] };
    return untouched ? [] : unanswered ? [{ ...open, task }] : [{ ...open, task }, answer];
  });

const SUBMITTED: FactStep = {
  ...{
    task: 0,
    named: true,
    external: 'own',
    provider: 'own',
    source: 'submit',
    trust: 'authentic',
    status: 'pending',
  },
  ...{ progress: null, payload: 0, checkInMs: HOURS.ask, unparseable: false, announce: false, replay: null },
  ...{ notSent: null, opens: false, bodyBytes: 0, releases: null, nonce: 0 },
};

/** Up to some thirty steps, most of them facts. Deliveries may come before any task is there, as they may in life. */
export const script: fc.Arbitrary<readonly Step[]> = fc
  .tuple(fc.option(steps.record), begin(0), begin(1), begin(2), rest)
  .map(([early, ...parts]) => [...(early === null ? [] : [early]), ...parts.flat()]);

/** One step on one line, for people: what is as usual is left out. */
export function describeStep(step: Step): string {
  const { act, ...rest } = step;
  const told = act === 'record' ? { facts: step.facts.map(unusual) } : rest;
  return `${act} ${JSON.stringify(told)}`;
}

const unusual = (fact: FactStep): object =>
  Object.fromEntries(
    Object.entries(fact).filter(([key, value]) => value !== Object.entries(USUAL).find(([k]) => k === key)?.[1]),
  );

const USUAL: Partial<FactStep> = {
  ...{ provider: 'own', trust: 'authentic', progress: null, payload: 0, checkInMs: null, unparseable: false },
  ...{ announce: false, replay: null, notSent: null, opens: false, bodyBytes: 0, releases: null, nonce: 0 },
};
