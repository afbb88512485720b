import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accept } from './src/accept.js';
import { batching } from './src/batching.js';
import type { Benchmark } from './src/benchmark.js';
import { claims } from './src/claims.js';
import { effects } from './src/effects.js';
import { type StoreName, startServices } from './src/services.js';

/** One tiny round: whether a benchmark still runs to its end and fills its table, never how fast. */
const pace = { rounds: 1, seconds: 0.01, amount: 64 };

describe('benchmarks', () => {
  const stores: readonly StoreName[] = ['memory', 'sqlite'];
  let started: Awaited<ReturnType<typeof startServices>>;
  beforeAll(async () => {
    started = await startServices(stores);
  });
  afterAll(() => started.stop());

  const all: Record<string, Benchmark> = {
    // Each receiver is a process of its own: four are enough to see it work.
    accept: (options) => accept({ ...options, stores: ['sqlite'], frameworks: ['express'] }),
    batching,
    effects,
    claims,
  };
  for (const [name, benchmark] of Object.entries(all))
    it(`${name} runs every variant to its end`, async () => {
      const tables = await benchmark({ pace, services: started.services, stores });
      expect(tables.length).toBeGreaterThan(0);
      for (const { columns, rows } of tables) {
        expect(rows.length).toBeGreaterThan(0);
        for (const row of rows) {
          expect(row).toHaveLength(columns.length);
          expect(row.join()).not.toMatch(/NaN|Infinity/);
        }
      }
    }, 60_000);
});
