import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MakeStore } from '../store-under-test.js';
import { testAgainstReference } from '../test-against-reference.js';
import { testStoreContract } from '../test-store-contract.js';
import { BROKEN_FACTS } from './broken-facts.js';
import { BROKEN_LEASES } from './broken-leases.js';
import { BROKEN_REST } from './broken-rest.js';
import { broken } from './broken-store.js';
import { BROKEN_TRANSACT, transactingStore } from './broken-transact.js';
import { collectingRunner } from './collecting-runner.js';

async function failures<Tx>(make: MakeStore<Tx>, only?: readonly string[]): Promise<readonly string[]> {
  const runner = collectingRunner();
  testStoreContract('a store', make, runner);
  return [...(await runner.run(only)).keys()];
}

describe('the store contract notices a store that', () => {
  for (const { fault, caughtBy, make } of [...BROKEN_LEASES, ...BROKEN_FACTS, ...BROKEN_REST]) {
    it(`${fault}: "${caughtBy}"`, async () => {
      expect(await failures(make, [caughtBy])).toEqual([caughtBy]);
    });
  }
  for (const { fault, caughtBy, make } of BROKEN_TRANSACT) {
    it(`${fault}: "${caughtBy}"`, async () => {
      expect(await failures(make, [caughtBy])).toEqual([caughtBy]);
    });
  }
});

describe('the collecting runner', () => {
  it('finds no fault in a store that has none, and every case it was asked for', async () => {
    const whole = broken('is whole', '', () => ({}));
    expect(await failures(whole.make)).toEqual([]);
  });
});

testStoreContract('a store with transactions', transactingStore, { describe, it, expect, beforeAll, afterAll });

describe('the comparison with the reference notices a store that', () => {
  const noticed = ['settles twice', 'forgets whom it splits among', 'ignores replays'];
  for (const { fault, make } of [...BROKEN_LEASES, ...BROKEN_FACTS].filter(({ fault }) => noticed.includes(fault))) {
    it(fault, async () => {
      const runner = collectingRunner();
      testAgainstReference('a store', make, runner, { runs: 100, seed: 1 });
      const [why] = [...(await runner.run()).values()];
      expect(String(why)).toContain('The store and the reference differ (seed 1) after:');
    });
  }
});
