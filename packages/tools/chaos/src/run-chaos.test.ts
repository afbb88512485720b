import { memoryStore } from '@tasklatch/core';
import { describe, expect, it } from 'vitest';
import { runChaos } from './run-chaos.js';

describe('chaos', () => {
  it('with every fault at once each task settles once, each effect runs once, no POST makes two tasks, and nothing leaks', async () => {
    const report = await runChaos({ store: memoryStore(), tasks: 250, seed: 11, withinMs: 75_000 });
    expect(report.wrong).toEqual([]);
    // The faults were really there.
    const faults = Object.keys(report.faults);
    for (const kind of [
      'submit.resetAfter',
      'submit.rateLimit',
      'callback.lost',
      'callback.duplicate',
      'callback.forged',
      'status.lag',
      'task.fails',
    ])
      expect(faults).toContain(kind);
    expect(report.numbers['forged tokens refused with 401']).toBeGreaterThan(10);
  }, 150_000);
});
