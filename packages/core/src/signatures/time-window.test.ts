import { describe, expect, it } from 'vitest';
import { NOW_S, SECRET, signed, stamped, standard, verify, WHSEC } from '../../test/signed-by-hand.js';
import { muxSignature, standardWebhooksSignature, stripeSignature } from '../index.js';

describe('the time window', () => {
  const scheme = standardWebhooksSignature({ secret: WHSEC });
  const at = (timestamp: number | string, now = NOW_S * 1000, body = '{}') =>
    verify(scheme, standard(body, { timestamp: String(timestamp) }), body, now);

  it('includes its limits, in whole seconds', async () => {
    for (const offset of [-300, 0, 300]) expect(await at(NOW_S + offset)).toEqual(signed());
    for (const offset of [-301, 301]) expect(await at(NOW_S + offset)).toMatchObject({ kind: 'forged' });
    expect(await at(NOW_S - 300, NOW_S * 1000 + 999)).toEqual(signed());
  });

  it('can be made narrower and wider', async () => {
    const narrow = standardWebhooksSignature({ secret: WHSEC, toleranceS: 10 });
    expect(await verify(narrow, standard('{}', { timestamp: String(NOW_S - 11) }))).toMatchObject({ kind: 'forged' });
    expect(await verify(narrow, standard('{}', { timestamp: String(NOW_S + 11) }))).toMatchObject({ kind: 'forged' });
    const wide = stripeSignature({ secret: SECRET, toleranceS: 1000 });
    expect(await verify(wide, { 'stripe-signature': stamped('{}', String(NOW_S - 1000)) })).toEqual(signed());
  });

  it.each([
    '1760000000x',
    '+1760000000',
    '-1760000000',
    '1760000000.0',
    '1.76e9',
    '0x68e77800',
    '01760000000',
    'NaN',
    'Infinity',
    'soon',
    ' 1760000000',
    '1760000000 ',
    '1760000000, 1760000000',
    '１７６０００００００',
    '1760000000000000000000',
    '1760000000000',
  ])('refuses %j, also when it is rightly signed', async (timestamp) => {
    expect(await at(timestamp)).toMatchObject({ kind: 'forged' });
  });

  it('has no upper end where the sender looks at the age only', async () => {
    const far = String(NOW_S + 86_400);
    expect(await verify(muxSignature({ secret: SECRET }), { 'mux-signature': stamped('{}', far) })).toEqual(signed());
    expect(
      await verify(stripeSignature({ secret: SECRET }), { 'stripe-signature': stamped('{}', 'NaN') }),
    ).toMatchObject({ kind: 'forged' });
  });

  it('refuses everything when the clock is no number', async () => {
    expect(await at(NOW_S, Number.NaN)).toMatchObject({ kind: 'forged' });
  });
});
