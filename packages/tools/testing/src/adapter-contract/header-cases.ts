import { DONE } from './adapter-bench.js';
import type { AdapterSuite } from './adapter-suite.js';

/** A provider finds a header however the sender wrote it. */
export function headerCases({ expect, it }: AdapterSuite): void {
  it('finds headers in any case, and joins repeated ones', async (bench) => {
    const task = await bench.task();
    const headers = [
      'X-SHOUTED: a',
      'x-MiXed-cAse:   b  ',
      'X-Repeated: one',
      'x-repeated: two',
      'X-REPEATED: 3,4',
      'X-Empty:',
    ];
    expect((await bench.deliver(task, DONE, { headers })).status).toBe(200);
    expect(bench.signed.seen.at(-1)?.headers).toMatchObject({
      'x-shouted': 'a',
      'x-mixed-case': 'b',
      'x-repeated': 'one, two, 3,4',
      'x-empty': '',
      'content-type': 'application/json',
    });
    expect(bench.signed.seen.at(-1)?.header('x-not-there')).toBe(undefined);
  });

  it('keeps the bytes of a header that is no ASCII', async (bench) => {
    const task = await bench.task();
    expect((await bench.deliver(task, DONE, { headers: ['X-Latin: caf\xe9'] })).status).toBe(200);
    expect(bench.signed.seen.at(-1)?.headers['x-latin']).toBe('caf\xe9');
  });

  it('takes a delivery with many and long headers', async (bench) => {
    const task = await bench.task();
    const headers = Array.from({ length: 60 }, (_, index) => `X-Filler-${index}: ${'f'.repeat(150)}`);
    expect((await bench.deliver(task, DONE, { headers })).status).toBe(200);
  });
}
