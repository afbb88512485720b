import { describe, expect, inject, it } from 'vitest';
import { STORES, type StoreName } from './open-store.js';
import { runCrash } from './run-crash.js';

// A few kills for each store; `pnpm crash` kills hundreds.
const missing: Partial<Record<StoreName, boolean>> = {
  postgres: inject('databaseUrl') === null,
  redis: inject('redisUrl') === null,
};

describe.each(STORES)('%s', (store) => {
  it.skipIf(missing[store])(
    'keeps every promise while its processes and its database are killed',
    async () => {
      const { broken, counts, kills } = await runCrash({ store, kills: 8, seed: 1, deadlineMs: 8_000 });
      expect(broken).toEqual([]);
      expect(kills.app + kills.worker + kills.database).toBeGreaterThanOrEqual(8);
      expect(counts['callbacks answered 2xx']).toBeGreaterThan(0);
      expect(counts['tasks succeeded']).toBeGreaterThan(0);
    },
    240_000,
  );
});
