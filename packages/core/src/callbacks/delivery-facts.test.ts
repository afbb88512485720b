import { expect, it } from 'vitest';
import type { ProviderFact } from '../fact.js';
import type { Provider } from '../provider.js';
import { deliveryFacts } from './delivery-facts.js';

const delivery = {
  method: 'POST',
  path: '/',
  header: () => undefined,
  body: new Uint8Array(),
  exact: true,
  receivedAt: 0,
  taskId: 'task',
};
const reading = { trust: 'authentic', keep: () => null, announce: false, open: () => null } as const;

/** The facts of a delivery that the package reads as `facts`. */
function factsOf(facts: readonly ProviderFact[], more: Partial<Parameters<typeof deliveryFacts>[2]> = {}) {
  const authenticate = () => ({ kind: 'token' }) as const;
  const callbacks = { perTask: true, needsExactBody: false, authenticate, parse: () => facts };
  return deliveryFacts({ name: 'odd', callbacks }, delivery, { ...reading, ...more });
}

it('a fact that no store can keep puts the delivery into the quarantine, with the others it tells', () => {
  const good: ProviderFact = { externalId: 'a', status: 'running' };
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  for (const bad of [
    { externalId: 'a', status: 'succeeded', result: { files: [], data: circular } },
    { externalId: 'a\u0000', status: 'running' },
    { externalId: 'x'.repeat(513), status: 'running' },
    { externalId: 'a', status: 'succeeded', result: { files: 'none' } },
    null,
  ] as ProviderFact[]) {
    expect(factsOf([good, bad])).toMatchObject([{ unparseable: true, externalId: null, status: null, taskId: 'task' }]);
  }
  expect(factsOf([good])).toMatchObject([{ unparseable: false, externalId: 'a', status: 'running' }]);
});

it('an id that a signature proved stays with a delivery that could not be read', () => {
  expect(factsOf([null as never], { onlyExternalId: 'a' })).toMatchObject([{ unparseable: true, externalId: 'a' }]);
  expect(factsOf([null as never], { onlyExternalId: 'a\u0000' })).toMatchObject([{ externalId: null }]);
});

const trustOf = (fact: ProviderFact, withStatus: boolean) => {
  const provider: Provider<never> = {
    name: 'thin',
    callbacks: { perTask: false, needsExactBody: false, authenticate: () => ({ kind: 'token' }), parse: () => [fact] },
    ...(withStatus ? { status: async () => ({ status: null }) } : {}),
  };
  const [read] = deliveryFacts(provider, delivery, reading);
  return [read?.trust, read?.checkInMs];
};

it('a thin delivery is a hint that asks for a check at once, if the provider can be asked', () => {
  expect(trustOf({ externalId: 'a', status: 'succeeded' }, true)).toEqual(['authentic', null]);
  expect(trustOf({ externalId: 'a', status: 'succeeded', thin: true }, true)).toEqual(['hint', 0]);
  expect(trustOf({ externalId: 'a', status: 'succeeded', thin: true }, false)).toEqual(['authentic', null]);
});
