import { describe, expect, it } from 'vitest';
import type { ServeAdapter } from './adapter-parts.js';
import { BROKEN, HONEST } from './broken-adapters.js';
import { serveNodeApp } from './serve-node-app.js';
import { testAdapterContract } from './test-adapter-contract.js';

/** Runs the cases whose name matches; answers the names of those that passed and of those that failed. */
async function run(serve: ServeAdapter, names: RegExp): Promise<{ passed: string[]; failed: string[] }> {
  const cases: [string, () => Promise<void>][] = [];
  testAdapterContract('under test', serve, {
    describe: (_name, body) => body(),
    it: (sentence, body) => void (names.test(sentence) && cases.push([sentence, body])),
    expect,
  });
  const passed: string[] = [];
  const failed: string[] = [];
  for (const [sentence, body] of cases)
    await body().then(
      () => passed.push(sentence),
      () => failed.push(sentence),
    );
  return { passed, failed };
}

// Each waits in vain for what it broke, so they wait together.
describe.concurrent('the adapter contract notices', () => {
  for (const [breakage, [listener, names]] of Object.entries(BROKEN))
    it(`an adapter that ${breakage}`, async () => {
      const { failed } = await run((parts) => serveNodeApp(parts, listener), names);
      expect(failed).not.toEqual([]);
    }, 60_000);

  it('nothing wrong with the adapter that the broken ones are made from', async () => {
    const names = new RegExp(
      Object.values(BROKEN)
        .map(([, noticed]) => noticed.source)
        .join('|'),
    );
    const { failed, passed } = await run((parts) => serveNodeApp(parts, HONEST), names);
    expect(failed).toEqual([]);
    expect(passed.length).toBeGreaterThan(30);
  }, 60_000);
});
