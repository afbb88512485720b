import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fact } from './fact.js';
import { mergeFact, splitFact } from './fact-content.js';
import { makeFact } from './make-fact.js';
import { aesSealer, sealFact } from './seal.js';

const SAID = 'said outside';
const words = fc.constantFrom(SAID, `${SAID}\u0000\ud800`);
const fact: fc.Arbitrary<Fact> = fc
  .record({
    result: fc.option(fc.record({ files: fc.constant([{ url: SAID, kind: 'image' as const }]), data: words })),
    error: fc.option(fc.record({ code: fc.constant('policy'), message: fc.option(words) })),
    delivery: fc.option(
      fc.record({
        bodyHash: fc.constant('hash'),
        bodyBytes: fc.nat(9),
        headers: fc.constantFrom({}, { 'user-agent': SAID }),
        body: fc.option(words),
        authenticity: fc.constantFrom('signed' as const, 'token' as const),
        keyId: fc.constant('k1'),
      }),
    ),
  })
  .map((parts) => makeFact({ provider: 'acme', source: 'delivery', ...parts }));

describe('the content of a fact', () => {
  it('comes off whole and goes back on, sealed or not', () => {
    const sealer = aesSealer([{ id: 'k1', key: randomBytes(32).toString('base64') }]);
    fc.assert(
      fc.property(fact, fc.boolean(), (open, sealed) => {
        const kept = sealed ? sealFact(sealer, open) : open;
        const { bare, content } = splitFact(kept);
        const stored = content === null ? null : JSON.parse(JSON.stringify(content));
        expect(mergeFact(JSON.parse(JSON.stringify(bare)), stored)).toEqual(kept);
        expect(JSON.stringify(bare)).not.toMatch(/said outside|aes1/);
        expect(splitFact(bare)).toEqual({ bare, content: null });
      }),
    );
  });

  it('leaves behind who said what, and how it can be known again', () => {
    const full = makeFact({
      provider: 'acme',
      source: 'delivery',
      status: 'failed',
      error: { code: 'policy', message: SAID },
      delivery: {
        ...{ bodyHash: 'hash', bodyBytes: 3, headers: { 'user-agent': SAID }, body: SAID },
        ...{ authenticity: 'signed', keyId: 'k1' },
      },
    });
    expect(mergeFact(splitFact(full).bare, null)).toEqual({
      ...full,
      error: { code: 'policy', message: null },
      delivery: { bodyHash: 'hash', bodyBytes: 3, headers: {}, body: null, authenticity: 'signed', keyId: 'k1' },
    });
  });
});
