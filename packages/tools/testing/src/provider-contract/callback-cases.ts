import {
  type Authenticity,
  isTasklatchError,
  type Provider,
  type ProviderCallbacks,
  type ProviderFact,
  type RawDelivery,
} from '@tasklatch/core';
import type { DeliverySample } from './contract-options.js';
import { deliveryOf } from './delivery-of.js';
import { faultsOf } from './fact-faults.js';
import { hostileBodies } from './hostile-bodies.js';
import { leaksIn } from './leaks.js';
import type { ProviderSuite } from './provider-suite.js';

const KINDS: readonly unknown[] = ['signed', 'token', 'forged', 'undecided'];

export function callbackCases<Input>(
  { it, expect, options }: ProviderSuite<Input>,
  samples: readonly DeliverySample[],
): void {
  const callbacks = (): ProviderCallbacks => callbacksOf(options.make());

  for (const sample of samples) {
    it(`takes ${sample.name} as it must`, async () => {
      const delivery = deliveryOf(sample);
      expect(await callbacks().authenticate(delivery)).toMatchObject(sample.authenticity);
      const said = factsIn(callbacks(), deliveryOf(sample));
      if (sample.expect === 'unparseable') {
        expect(said).toBe('unparseable');
        return;
      }
      expect(typeof said === 'string' ? said : said.length).toBe(sample.expect.length);
      for (const [index, expected] of sample.expect.entries()) expect(said[index]).toMatchObject(expected);
      if (typeof said !== 'string') expect(said.flatMap(faultsOf)).toEqual([]);
    });

    it(`reads ${sample.name} the same each time, and leaves its bytes alone`, async () => {
      const delivery = deliveryOf(sample);
      const before = Buffer.from(delivery.body).toString('hex');
      const one = callbacks();
      await one.authenticate(delivery);
      const first = factsIn(one, delivery);
      const second = factsIn(one, delivery);
      expect(Buffer.from(delivery.body).toString('hex')).toBe(before);
      expect(second).toEqual(first);
      expect(factsIn(callbacks(), deliveryOf(sample))).toEqual(first);
    });
  }

  it('refuses a delivery whose body was changed after it was signed', async () => {
    const wrong: string[] = [];
    for (const sample of samples) {
      const authentic = await callbacks().authenticate(deliveryOf(sample));
      if (authentic.kind !== 'signed' || authentic.covers !== 'body') continue;
      if (!callbacks().needsExactBody)
        wrong.push(`${sample.name}: the signature needs the exact body, and needsExactBody does not say so`);
      const { body } = deliveryOf(sample);
      const tampered = [0, Math.floor(body.length / 2), body.length - 1].map((at) =>
        body.map((byte, index) => (index === at ? byte ^ 1 : byte)),
      );
      for (const changed of [...tampered, body.subarray(0, -1), Buffer.concat([body, Buffer.from(' ')])]) {
        const { kind } = await callbacks().authenticate(deliveryOf({ ...sample, body: changed }));
        if (kind !== 'forged') wrong.push(`${sample.name}: ${kind}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('never throws while it authenticates, and takes no hostile request for a signed one', async () => {
    const names = [...new Set(samples.flatMap(({ headers = {} }) => Object.keys(headers)))];
    const values = [
      '',
      ' ',
      'x',
      '0',
      '-1',
      'NaN',
      '1e400',
      'v1,',
      't=,v1=',
      '\u0000',
      '{}',
      'é',
      'A'.repeat(10_000),
      ','.repeat(10_000),
    ];
    const wrong: string[] = [];
    for (const value of values) {
      for (const body of ['', '{}', 'null', '\ud800', ...samples.map((sample) => sample.body)]) {
        const headers = Object.fromEntries(names.map((name) => [name, value]));
        const verdict = await authenticated(callbacks(), {
          body,
          headers,
          path: `/?q=${encodeURIComponent('\u0000')}`,
        });
        if (typeof verdict === 'string') wrong.push(verdict);
        else if (!KINDS.includes(verdict.kind) || verdict.kind === 'signed')
          wrong.push(`${verdict.kind} for ${JSON.stringify(value).slice(0, 20)}`);
        else if (leaksIn(verdict, options.secrets).length > 0) wrong.push('a secret in the verdict');
      }
    }
    for (const sample of samples) {
      for (const name of Object.keys(sample.headers ?? {})) {
        const { [name]: _, ...headers } = sample.headers ?? {};
        const verdict = await authenticated(callbacks(), { ...sample, headers });
        if (typeof verdict === 'string') wrong.push(`${sample.name} without ${name}: ${verdict}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('reads hostile bodies as facts or as unparseable, and touches no prototype', async () => {
    const prototype = Object.getOwnPropertyNames(Object.prototype).length;
    const one = callbacks();
    const wrong = new Set<string>();
    for (const body of hostileBodies(samples.map(({ body }) => Buffer.from(body)))) {
      const said = factsIn(one, deliveryOf({ body }));
      const faults = typeof said === 'string' ? (said === 'unparseable' ? [] : [said]) : said.flatMap(faultsOf);
      for (const fault of faults) wrong.add(`${fault} for ${Buffer.from(body.subarray(0, 200)).toString()}`);
    }
    expect([...wrong].slice(0, 5)).toEqual([]);
    expect(Object.getOwnPropertyNames(Object.prototype).length).toBe(prototype);
    expect(Reflect.get({}, 'polluted')).toBe(undefined);
  }, 120_000);

  it('shows nothing of the body or its secrets in what parse throws', async () => {
    const wrong = ['{"secretword": tr', '["secretword"', '{"data":"secretword"}', 'secretword'].flatMap((body) => {
      try {
        callbacks().parse(deliveryOf({ body }));
        return [];
      } catch (error) {
        return leaksIn(error, [...options.secrets, 'secretword']);
      }
    });
    expect(wrong).toEqual([]);
  });
}

function callbacksOf(provider: Provider<never>): ProviderCallbacks {
  if (provider.callbacks === undefined) throw new Error('The provider takes no callbacks.');
  return provider.callbacks;
}

type Request = Parameters<typeof deliveryOf>[0];

/** The facts, `unparseable`, or what else was thrown. */
function factsIn(callbacks: ProviderCallbacks, delivery: RawDelivery): readonly ProviderFact[] | string {
  try {
    return callbacks.parse(delivery);
  } catch (error) {
    return isTasklatchError(error, 'unparseable')
      ? 'unparseable'
      : `threw ${error instanceof Error ? error.name : typeof error}`;
  }
}

async function authenticated(callbacks: ProviderCallbacks, request: Request): Promise<Authenticity | string> {
  try {
    return await callbacks.authenticate(deliveryOf(request));
  } catch (error) {
    return `threw ${error instanceof Error ? error.name : typeof error}`;
  }
}
