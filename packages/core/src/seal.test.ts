import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeFact } from './make-fact.js';
import { aesSealer, sealFact, unsealFact, unsealTask } from './seal.js';
import { openTask } from './transition.js';

const key = (id: string) => ({ id, key: randomBytes(32).toString('base64') });
const file = { url: 'https://files.example.com/secret.png', kind: 'image' } as const;

describe('sealing', () => {
  const fact = makeFact({
    provider: 'acme',
    source: 'delivery',
    status: 'succeeded',
    result: { files: [file], data: { lyrics: 'la' } },
    error: { code: 'policy', message: 'the prompt says secret' },
    delivery: {
      bodyHash: 'h',
      bodyBytes: 3,
      headers: {},
      body: Buffer.from('secret body').toString('base64'),
      authenticity: 'token',
      keyId: null,
    },
  });

  it('hides result URLs, the words of the provider and the body, keeps codes, hash and identity, and opens again', () => {
    const sealer = aesSealer([key('k1')]);
    const sealed = sealFact(sealer, fact);
    const text = JSON.stringify(sealed);
    expect(text).not.toMatch(/secret|lyrics|c2VjcmV0/);
    expect([sealed.key, sealed.error?.code, sealed.delivery?.bodyHash]).toEqual([fact.key, 'policy', 'h']);
    expect(unsealFact(sealer, sealed)).toEqual(fact);
  });

  it('reads with every key in the list, and as nothing once the key is gone or the text was altered', () => {
    const [old, fresh] = [key('k1'), key('k2')];
    const sealed = sealFact(aesSealer([old]), fact);
    expect(unsealFact(aesSealer([fresh, old]), sealed).result).toEqual(fact.result);
    const gone = unsealFact(aesSealer([fresh]), sealed);
    expect([gone.result, gone.error, gone.delivery?.body]).toEqual([null, { code: 'policy', message: null }, null]);
    const text = aesSealer([old]).seal('words');
    for (let at = 0; at < text.length; at += 3) {
      const altered = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
      expect(aesSealer([old]).unseal(altered)).not.toBe('other');
      if (!altered.startsWith('aes1.k1.')) expect(aesSealer([old]).unseal(altered)).toBeNull();
    }
  });

  it('opens tasks of the store for the app', () => {
    const sealer = aesSealer([key('k1')]);
    const task = openTask(
      {
        id: 't',
        provider: 'p',
        key: null,
        owner: null,
        model: null,
        fingerprint: null,
        expectsCallback: false,
        sendToken: 's',
        sendWithinMs: 1,
        deadlineMs: 1,
      },
      0,
    );
    const stored = { ...task, result: sealFact(sealer, fact).result };
    expect(unsealTask(sealer, stored).result).toEqual(fact.result);
    expect(unsealTask(undefined, stored).result).toBeNull();
  });

  it('says what is wrong with a key', () => {
    expect(() => aesSealer([])).toThrowError(/at least one key/);
    expect(() => aesSealer([{ id: 'a', key: 'short' }])).toThrowError(/32 bytes as base64/);
    expect(() => aesSealer([{ ...key('k'), id: 'no dots.' }])).toThrowError(/needs an id/);
  });
});
