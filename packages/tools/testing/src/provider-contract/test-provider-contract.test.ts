import type { Provider, ProviderCallbacks } from '@tasklatch/core';
import { ProviderFailure } from '@tasklatch/core';
import { describe, expect, it } from 'vitest';
import { API_KEY, SIGNING_SECRET, sampleOptions, sampleProvider } from './sample-provider.js';
import { testProviderContract } from './test-provider-contract.js';

type Sample = Provider<{ prompt: string }>;
const good = (): Sample => sampleProvider(API_KEY, SIGNING_SECRET);

describe('the provider contract, on a provider that keeps it', () => {
  testProviderContract('the sample provider', sampleOptions(good), { describe, it, expect });
});

/** Runs the cases whose name (`part: sentence`) matches; answers how many passed and how many failed. */
async function run(make: () => Sample, names: RegExp): Promise<{ passed: number; failed: number }> {
  const { status, ...rest } = sampleOptions(make);
  const options = make().status === undefined || status === undefined ? rest : { ...rest, status };
  const path: string[] = [];
  const cases: (() => Promise<void>)[] = [];
  testProviderContract('broken', options, {
    describe(name, body) {
      path.push(name);
      body();
      path.pop();
    },
    it(sentence, body) {
      if (names.test(`${path.at(-1)}: ${sentence}`)) cases.push(body);
    },
    expect,
  });
  const ended = await Promise.allSettled(cases.map((body) => body()));
  const failed = ended.filter((end) => end.status === 'rejected').length;
  return { passed: ended.length - failed, failed };
}

const withCallbacks = (over: (own: ProviderCallbacks) => Partial<ProviderCallbacks>): Sample => {
  const provider = good();
  const { callbacks } = provider;
  if (callbacks === undefined) throw new Error('The sample takes callbacks.');
  return { ...provider, callbacks: { ...callbacks, ...over(callbacks) } };
};

type Submit = NonNullable<Sample['submit']>;
type Status = NonNullable<Sample['status']>;
const withSubmit = (over: (own: Submit) => Submit): Sample => {
  const provider = good();
  if (provider.submit === undefined) throw new Error('The sample submits.');
  return { ...provider, submit: over(provider.submit) };
};
const withStatus = (over: (own: Status) => Status): Sample => {
  const provider = good();
  if (provider.status === undefined) throw new Error('The sample has a status.');
  return { ...provider, status: over(provider.status) };
};

let parses = 0;

/** Each breaks one promise; beside it, a part of the name of the case that must notice. */
const BROKEN: Record<string, readonly [make: () => Sample, noticed: RegExp]> = {
  'a client that retries on 5xx': [
    () =>
      withSubmit((submit) => async (request, io) => {
        const answer = await submit(request, io);
        return answer.kind === 'unclear' && !io.signal.aborted ? submit(request, io) : answer;
      }),
    /sends one POST and says unclear when the provider answers 500/,
  ],
  'a client that retries behind its answer': [
    () =>
      withSubmit((submit) => async (request, io) => {
        const answer = await submit(request, io);
        if (answer.kind === 'unclear' && !io.signal.aborted) setTimeout(() => void submit(request, io), 5);
        return answer;
      }),
    /sends one POST and says unclear when the provider answers 503/,
  ],
  'a lost answer called refused': [
    () =>
      withSubmit((submit) => async (request, io) => {
        const answer = await submit(request, io);
        return answer.kind === 'unclear' ? { kind: 'refused', error: answer.error } : answer;
      }),
    /resets the connection before it answers/,
  ],
  'a lost answer called notSent': [
    () =>
      withSubmit((submit) => async (request, io) => {
        const answer = await submit(request, io);
        return answer.kind === 'unclear' ? { ...answer, kind: 'notSent' } : answer;
      }),
    /gives up when its signal aborts/,
  ],
  'a refused connection called unclear': [
    () =>
      withSubmit((submit) => async (request, io) => {
        const answer = await submit(request, io);
        return answer.kind === 'notSent' ? { ...answer, kind: 'unclear' } : answer;
      }),
    /says notSent when nobody listens/,
  ],
  'a submit that follows redirects': [
    () =>
      withSubmit(
        (submit) => (request, io) =>
          submit(request, { ...io, fetch: (url, init) => io.fetch(url, { ...init, redirect: 'follow' }) }),
      ),
    /submit: .*redirects/,
  ],
  'a submit that sends no callback URL': [
    () => withSubmit((submit) => (request, io) => submit({ ...request, callbackUrl: undefined }, io)),
    /passes the callback URL on/,
  ],
  'a submit that sends the word undefined': [
    () => withSubmit((submit) => (request, io) => submit({ ...request, callbackUrl: String(request.callbackUrl) }, io)),
    /passes the callback URL on/,
  ],
  'a submit that is deaf to its signal': [
    () => withSubmit((submit) => (request, io) => submit(request, { ...io, signal: AbortSignal.timeout(60_000) })),
    /gives up when its signal aborts|sends nothing when its signal/,
  ],
  'an error that quotes the request': [
    () =>
      withSubmit((submit) => async (request, io) => {
        let quote = '';
        const fetch: typeof io.fetch = async (url, init) => {
          const response = await io.fetch(url, init);
          quote = await response
            .clone()
            .text()
            .catch(() => '');
          return response;
        };
        const answer = await submit(request, { ...io, fetch });
        return answer.kind === 'refused' ? { ...answer, error: { ...answer.error, message: quote } } : answer;
      }),
    /submit: (shows no secret|leaves neither a secret nor the callback URL)/,
  ],
  'a status that calls 500 a failure of the task': [
    () =>
      withStatus((status) => async (externalId, task, io) => {
        try {
          return await status(externalId, task, io);
        } catch {
          return { externalId, status: 'failed' };
        }
      }),
    /status: throws ProviderFailure and no verdict when the provider answers 500/,
  ],
  'a status that throws what fetch throws': [
    () =>
      withStatus((status) => async (externalId, task, io) => {
        await io.fetch(`https://api.sample.example/tasks/${encodeURIComponent(externalId)}`, { signal: io.signal });
        return status(externalId, task, io);
      }),
    /status: throws ProviderFailure when nobody listens/,
  ],
  'a status that believes any answer': [
    () => withStatus((status) => async (_id, task, io) => ({ ...(await status('t-1', task, io)), externalId: null })),
    /does not take the answer about one task for another/,
  ],
  'a status that puts ids into the path as they are': [
    () =>
      withStatus((status) => async (externalId, task, io) => {
        await io.fetch(`https://api.sample.example/tasks/${externalId}`, { signal: io.signal }).catch(() => undefined);
        return status(externalId, task, io);
      }),
    /can be asked about any id without asking about something else/,
  ],
  'a 429 that pauses nothing': [
    () =>
      withStatus((status) => async (externalId, task, io) => {
        try {
          return await status(externalId, task, io);
        } catch (error) {
          throw new ProviderFailure(error instanceof ProviderFailure ? error.code : 'x');
        }
      }),
    /pauses all its checks/,
  ],
  'a key in a property': [() => ({ ...good(), apiKey: API_KEY }), /keeps its secrets from whoever prints it/],
  'a key that is only not enumerable': [
    () => Object.defineProperty(good(), 'key', { value: API_KEY, enumerable: false }),
    /keeps its secrets from whoever prints it/,
  ],
  'a parse that throws what comes': [
    () =>
      withCallbacks(() => ({
        parse: ({ body }) => [{ externalId: JSON.parse(Buffer.from(body).toString()).id.trim(), status: 'pending' }],
      })),
    /reads hostile bodies as facts or as unparseable/,
  ],
  'a parse that passes on what it gets': [
    () =>
      withCallbacks(({ parse }) => ({
        parse: (delivery) => parse(delivery).map((fact) => ({ ...fact, progress: 1000 })),
      })),
    /callbacks: takes done as it must/,
  ],
  'a parse that remembers': [
    () =>
      withCallbacks(({ parse }) => ({
        parse: (delivery) => parse(delivery).map((fact) => ({ ...fact, providerStatus: String(parses++) })),
      })),
    /reads done the same each time/,
  ],
  'a parse that sets a timer': [
    () =>
      withCallbacks(({ parse }) => ({
        parse: (delivery) => {
          clearTimeout(setTimeout(() => undefined, 1));
          return parse(delivery);
        },
      })),
    /without a timer or a request/,
  ],
  'a signature over a part of the body': [
    () =>
      withCallbacks(({ authenticate }) => ({
        authenticate: (delivery) =>
          delivery.body[0] === 0x7b && delivery.header('x-signature')?.length === 64
            ? { kind: 'signed', covers: 'body', keyId: null }
            : authenticate(delivery),
      })),
    /refuses a delivery whose body was changed/,
  ],
  'a signature over a body that need not be exact': [
    () => withCallbacks(() => ({ needsExactBody: false })),
    /refuses a delivery whose body was changed/,
  ],
  'an authenticate that throws': [
    () =>
      withCallbacks(() => ({
        authenticate: (delivery) => {
          if (delivery.header('x-signature')?.length !== 64) throw new TypeError('no signature');
          return { kind: 'forged', reason: 'x' };
        },
      })),
    /never throws while it authenticates/,
  ],
  'a name that breaks the URL': [() => ({ ...good(), name: 'a/b' }), /has a name that fits/],
  'a pace of nothing': [
    () => ({ ...good(), limits: { checks: () => ({ capMs: 0 }) } }),
    /has limits that are positive/,
  ],
  'hints that nobody can confirm': [
    () => {
      const { status: _, ...rest } = withCallbacks(() => ({ authenticate: () => ({ kind: 'token' }) }));
      return rest;
    },
    /confirms hints only where/,
  ],
};

describe('the provider contract, on providers that break it', () => {
  for (const [what, [make, noticed]] of Object.entries(BROKEN)) {
    it(`notices ${what}`, async () => {
      const cases = await run(good, noticed);
      expect(cases).toEqual({ passed: expect.any(Number), failed: 0 });
      expect(cases.passed).toBeGreaterThan(0);
      expect(await run(make, noticed)).toEqual({ passed: 0, failed: cases.passed });
    });
  }
});
