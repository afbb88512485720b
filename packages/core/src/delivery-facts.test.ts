import { expect, it } from 'vitest';
import { deliveryFacts } from './delivery-facts.js';
import type { ProviderFact } from './fact.js';
import type { Provider } from './provider.js';

const delivery = {
  method: 'POST',
  path: '/',
  header: () => undefined,
  body: new Uint8Array(),
  exact: true,
  receivedAt: 0,
  taskId: 'task',
};
const trustOf = (fact: ProviderFact, withStatus: boolean) => {
  const provider: Provider<never> = {
    name: 'thin',
    callbacks: { perTask: false, needsExactBody: false, authenticate: () => ({ kind: 'token' }), parse: () => [fact] },
    ...(withStatus ? { status: async () => ({ status: null }) } : {}),
  };
  const [read] = deliveryFacts(provider, delivery, {
    trust: 'authentic',
    keep: () => null,
    announce: false,
    open: () => null,
  });
  return [read?.trust, read?.checkInMs];
};

it('a thin delivery is a hint that asks for a check at once, if the provider can be asked', () => {
  expect(trustOf({ externalId: 'a', status: 'succeeded' }, true)).toEqual(['authentic', null]);
  expect(trustOf({ externalId: 'a', status: 'succeeded', thin: true }, true)).toEqual(['hint', 0]);
  expect(trustOf({ externalId: 'a', status: 'succeeded', thin: true }, false)).toEqual(['authentic', null]);
});
