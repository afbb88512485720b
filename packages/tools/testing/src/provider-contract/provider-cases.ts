import { aTask } from './a-task.js';
import { deliveryOf } from './delivery-of.js';
import { leaksIn } from './leaks.js';
import type { ProviderSuite } from './provider-suite.js';
import { sideEffectsOf } from './side-effects.js';

/** What holds for every provider, whatever it can do. */
export function providerCases<Input>({ it, expect, options }: ProviderSuite<Input>): void {
  it('has a name that fits in a URL, a label and a column', async () => {
    expect(/^[a-z0-9-]{1,40}$/.test(options.make().name)).toBe(true);
  });

  it('can do something: submit, or take callbacks; and has samples here of all it can do', async () => {
    const { submit, status, callbacks } = options.make();
    expect(submit !== undefined || callbacks !== undefined).toBe(true);
    expect({ submit: submit !== undefined, status: status !== undefined, callbacks: callbacks !== undefined }).toEqual({
      submit: options.submit !== undefined,
      status: options.status !== undefined,
      callbacks: (options.deliveries ?? []).length > 0,
    });
  });

  it('is made and reads deliveries without a timer or a request', async () => {
    const used = sideEffectsOf(() => {
      const { callbacks } = options.make();
      for (const sample of options.deliveries ?? [])
        if (sample.expect !== 'unparseable') callbacks?.parse(deliveryOf(sample));
    });
    expect(used).toEqual([]);
  });

  it('keeps its secrets from whoever prints it', async () => {
    const provider = options.make();
    expect(leaksIn(provider, options.secrets)).toEqual([]);
    expect(leaksIn(Object.entries(provider), options.secrets)).toEqual([]);
    expect(options.secrets.filter((secret) => secret.length < 8)).toEqual([]);
  });

  it('has limits that are positive numbers, for models it knows and for models it does not', async () => {
    const { limits = {} } = options.make();
    const { checks, checkSpacingMs = 0, ...rest } = limits;
    const models = [null, 'no such model', '__proto__', options.submit?.model ?? null];
    const paces = models.map((model) => checks?.({ ...aTask(), model }) ?? {});
    const numbers = [rest, ...paces].flatMap((group) => Object.values(group));
    expect(numbers.filter((number) => !(typeof number === 'number' && number > 0 && Number.isFinite(number)))).toEqual(
      [],
    );
    expect(paces.filter((pace) => pace.factor !== undefined && pace.factor < 1)).toEqual([]);
    expect(checkSpacingMs >= 0).toBe(true);
  });

  it('confirms hints only where it can ask for the status', async () => {
    const { callbacks, status } = options.make();
    const proofs = await Promise.all(
      (options.deliveries ?? []).map((sample) => callbacks?.authenticate(deliveryOf(sample))),
    );
    const hints = proofs.some(
      (proof) => proof?.kind === 'token' || (proof?.kind === 'signed' && proof.covers !== 'body'),
    );
    expect(status === undefined && hints ? callbacks?.confirm : 'never').toBe('never');
  });
}
