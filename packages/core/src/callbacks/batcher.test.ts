import { describe, expect, it } from 'vitest';
import { systemClock } from '../clock.js';
import type { Fact } from '../fact.js';
import { makeFact } from '../make-fact.js';
import type { Recorded } from '../store.js';
import { batcher } from './batcher.js';

const fact = (taskId: string): Fact => makeFact({ provider: 'acme', source: 'delivery', taskId, status: 'running' });
const recorded: Recorded = { outcome: 'noted', duplicate: false, task: null, changed: true };
const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function counting(record: (facts: readonly Fact[]) => Promise<readonly Recorded[]>, batching = { max: 64, lanes: 1 }) {
  const batches: number[] = [];
  const store = {
    name: 'counting',
    batching,
    record: (facts: readonly Fact[]) => {
      batches.push(facts.length);
      return record(facts);
    },
  };
  return { batches, batch: batcher({ store, clock: systemClock, timeoutMs: 200, maxWaiting: 100 }) };
}

describe('the batcher', () => {
  it('sends a lone fact at once, and what comes while a batch flies goes together in the next', async () => {
    const { batch, batches } = counting(async (facts) => {
      await rest(30);
      return facts.map(() => recorded);
    });
    const first = batch.record(fact('a'));
    await rest(5);
    const later = Array.from({ length: 20 }, (_, index) => batch.record(fact(`b${index}`)));
    await Promise.all([first, ...later]);
    expect(batches).toEqual([1, 20]);
  });

  it('keeps to the most facts and lanes that the store names', async () => {
    let flying = 0;
    let most = 0;
    const { batch, batches } = counting(
      async (facts) => {
        most = Math.max(most, ++flying);
        await rest(10);
        flying -= 1;
        return facts.map(() => recorded);
      },
      { max: 8, lanes: 2 },
    );
    await Promise.all(Array.from({ length: 50 }, (_, index) => batch.record(fact(`t${index}`))));
    expect(most).toBe(2);
    expect(Math.max(...batches)).toBe(8);
  });

  it('lets one bad fact fail alone', async () => {
    const { batch } = counting(async (facts) => {
      if (facts.some(({ taskId }) => taskId === 'bad')) throw new Error('cannot be stored');
      return facts.map(() => recorded);
    });
    const ends = await Promise.allSettled(['a', 'bad', 'b', 'c'].map((id) => batch.record(fact(id))));
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  });

  it('does not hammer a store that is down with every fact of a failed batch', async () => {
    const { batch, batches } = counting(() => Promise.reject(new Error('down')));
    const ends = await Promise.allSettled(Array.from({ length: 50 }, (_, index) => batch.record(fact(`t${index}`))));
    expect(ends.every(({ status }) => status === 'rejected')).toBe(true);
    expect(batches).toEqual([50, 1, 1]);
  });

  it('gives a store that never answers up after its time, and goes on', async () => {
    let hang = true;
    const { batch } = counting((facts) =>
      hang ? new Promise(() => undefined) : Promise.resolve(facts.map(() => recorded)),
    );
    await expect(batch.record(fact('a'))).rejects.toMatchObject({ code: 'store_unavailable', status: 503 });
    hang = false;
    await expect(batch.record(fact('a'))).resolves.toEqual(recorded);
  });

  it('refuses what would wait behind too many', async () => {
    const { batch } = counting(() => new Promise(() => undefined));
    const ends = await Promise.allSettled(Array.from({ length: 300 }, (_, index) => batch.record(fact(`t${index}`))));
    const codes = ends.map((end) => (end.status === 'rejected' ? (end.reason as { code: string }).code : ''));
    expect(codes.filter((code) => code === 'overloaded').length).toBeGreaterThanOrEqual(150);
    expect(codes.every((code) => code === 'overloaded' || code === 'store_unavailable')).toBe(true);
  });
});
