import { describe, expect, it } from 'vitest';
import { hmac, keyOf, NOW_S, signed, standard, verify, WHSEC } from '../../test/signed-by-hand.js';
import { standardWebhooksSignature, svixSignature } from '../index.js';

describe('Standard Webhooks lists', () => {
  const scheme = standardWebhooksSignature({ secret: WHSEC });
  const headers = standard('{}');
  const right = headers['webhook-signature'] ?? '';
  const value = right.slice(3);
  const withList = (list: string) => verify(scheme, { ...headers, 'webhook-signature': list });

  it.each([
    ['alone', right],
    ['after one by another secret', `v1,${Buffer.alloc(32).toString('base64')} ${right}`],
    ['between unknown versions', `v0,x v9 ${right} v1a,zz`],
    ['after two spaces', `v1,x  ${right}`],
  ])('hold a right signature %s', async (_name, list) => {
    expect(await withList(list)).toEqual(signed());
  });

  it.each([
    ['without its label', value],
    ['with the label in upper case', `V1,${value}`],
    ['with another label', `v2,${value}`],
    ['with a tab between', `v1,x\t${right}`],
    ['without padding', `v1,${value.replaceAll('=', '')}`],
    ['with too much padding', `v1,${value}=`],
    ['in the URL-safe alphabet', `v1,${hmac(keyOf(WHSEC), `msg_1.${NOW_S}.{}`).toString('base64url')}=`],
    ['in hex', `v1,${Buffer.from(value, 'base64').toString('hex')}`],
    ['with spare bits set', `v1,${value.slice(0, -2)}${spare(value.at(-2) ?? '')}=`],
    ['with a further field', `${right},x`],
    ['with an empty further field', `${right},`],
    ['in quotes', `v1,"${value}"`],
    ['doubled by a proxy that joins headers, in one entry', `${right},${right}`],
    [
      'with a look-alike letter',
      right.replace(/[A-Za-z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0x100)),
    ],
    ['too long to look at', `${right} ${'x'.repeat(10_000)}`],
    ['empty', ''],
  ])('do not hold one %s', async (_name, list) => {
    expect(await withList(list)).toMatchObject({ kind: 'forged' });
  });

  it('need id, timestamp and signature, none of them empty', async () => {
    for (const name of Object.keys(headers)) {
      const { [name as 'webhook-id']: _gone, ...rest } = headers;
      expect(await verify(scheme, rest)).toMatchObject({ kind: 'forged' });
      expect(await verify(scheme, { ...headers, [name]: '' })).toMatchObject({ kind: 'forged' });
    }
    // The OpenAI client drops an empty id from the signed text.
    const noId = `v1,${hmac(keyOf(WHSEC), `${NOW_S}.{}`).toString('base64')}`;
    expect(await verify(scheme, { ...headers, 'webhook-id': '', 'webhook-signature': noId })).toMatchObject({
      kind: 'forged',
    });
  });

  it('try Svix names first, header by header, then the standard ones', async () => {
    const svix = svixSignature({ secret: WHSEC });
    expect(await verify(svix, standard('{}', { prefix: 'svix' }))).toEqual(signed());
    expect(await verify(svix, standard('{}'))).toEqual(signed());
    const { 'svix-id': _id, ...mixed } = standard('{}', { prefix: 'svix' });
    expect(await verify(svix, { ...mixed, 'webhook-id': 'msg_1' })).toEqual(signed());
    expect(await verify(svix, { ...standard('{}'), 'svix-signature': 'v1,x' })).toMatchObject({ kind: 'forged' });
    expect(await verify(svix, { ...standard('{}'), 'svix-signature': '' })).toMatchObject({ kind: 'forged' });
    expect(await verify(scheme, standard('{}', { prefix: 'svix' }))).toMatchObject({ kind: 'forged' });
  });
});

/** The next letter of the base64 alphabet: the same bytes for a decoder that ignores spare bits. */
function spare(letter: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  return alphabet[alphabet.indexOf(letter) + 1] ?? '';
}
