import type { ProviderFact, ProviderIo } from '@tasklatch/core';
import { aTask } from './a-task.js';
import { type Behaviour, ioToNobody, withServer } from './canned-server.js';
import type { StatusSample } from './contract-options.js';
import { echoes } from './echoes.js';
import { faultsOf } from './fact-faults.js';
import { leaksIn } from './leaks.js';
import type { ProviderSuite } from './provider-suite.js';
import { withinSeconds } from './within-seconds.js';

const FAILED_LOOKING = { status: 'failed', state: 'fail', error: 'no', data: { status: 'failed', state: 'fail' } };

/** Nothing of this says anything about a task. 404 and 410 are left to the samples: some providers document them as a verdict. */
const NO_ANSWERS: readonly (readonly [does: string, behaviour: Behaviour])[] = [
  ['resets the connection', 'reset'],
  ['breaks off inside its answer', 'cut'],
  ...[401, 403, 408, 429, 500, 502, 503, 504].map((status) => [`answers ${status}`, { status, body: 'no' }] as const),
  ...[401, 403, 429, 500, 503].map(
    (status) => [`answers ${status} with a failed task in it`, { status, body: FAILED_LOOKING }] as const,
  ),
  ['redirects', { status: 302, headers: { location: '/elsewhere' }, body: '' }],
  ['answers 200 without a body', { body: '' }],
  ['answers 200 with a page', { body: '<html>Maintenance</html>' }],
  ['answers 200 with an empty object', { body: {} }],
  ['answers 200 with null', { body: 'null' }],
  ['answers 200 with a list', { body: '[]' }],
  ['answers without an end', { body: `"${'x'.repeat(8_000_000)}"` }],
];

export function statusCases<Input>({ it, expect, options }: ProviderSuite<Input>, sample: StatusSample): void {
  const ask = async (
    io: ProviderIo,
    externalId = sample.externalId,
    model = sample.model ?? null,
  ): Promise<ProviderFact | Failure> => {
    const provider = options.make();
    if (provider.status === undefined) throw new Error('The provider has no status.');
    try {
      return await provider.status(externalId, aTask({ externalId, model, provider: provider.name }), io);
    } catch (error) {
      return new Failure(error);
    }
  };
  const askAt = (canned: Behaviour, externalId?: string, model?: string | null) =>
    withServer(canned, (server) => ask(server.io(), externalId, model));

  it('asks for the status over https, without a POST, and reads a task that is not done', async () => {
    await withServer(sample.pending, async (server) => {
      const said = await ask(server.io());
      expect(said instanceof Failure ? said.error : faultsOf(said)).toEqual([]);
      expect(said instanceof Failure ? said.error : ['pending', 'running'].includes(String(said.status))).toBe(true);
      expect(
        server.seen.filter(({ method, intended }) => method === 'POST' || !intended.startsWith('https://')),
      ).toEqual([]);
    });
  });

  for (const [does, behaviour] of NO_ANSWERS) {
    it(`throws ProviderFailure and no verdict when the provider ${does}`, async () => {
      expect(failureIn(await askAt(behaviour))).toBe('ProviderFailure');
    });
  }

  it('throws ProviderFailure when nobody listens', async () => {
    expect(failureIn(await ask(await ioToNobody()))).toBe('ProviderFailure');
  });

  it('pauses all its checks for as long as a 429 says', async () => {
    const said = await askAt({ status: 429, headers: { 'retry-after': '7' }, body: 'slow down' });
    expect(said instanceof Failure ? said.error : said).toMatchObject({ retryAfterMs: 7000, pause: true });
  });

  it('gives up with ProviderFailure when its signal aborts', async () => {
    await withServer('hang', async (server) => {
      const abort = new AbortController();
      const said = ask(server.io(abort.signal));
      await Promise.race([server.request(), said]);
      abort.abort();
      expect(failureIn(await withinSeconds(5, said))).toBe('ProviderFailure');
    });
  });

  it('does not take the answer about one task for another', async () => {
    await withServer(sample.pending, async (server) => {
      const other = await ask(server.io(), `${sample.externalId}x`);
      const names = JSON.stringify(
        typeof sample.pending === 'function' ? server.seen.map(sample.pending) : sample.pending,
      ).includes(sample.externalId);
      // Where the answer names no task, nothing can be told apart; else the core must be able to.
      const believed =
        !(other instanceof Failure) && (other.externalId ?? `${sample.externalId}x`) === `${sample.externalId}x`;
      expect(names && believed).toBe(false);
    });
  });

  it('can be asked about any id without asking about something else', async () => {
    const odd = [
      'a/b',
      '../../admin',
      '..',
      '.',
      'a?b=c',
      'a#b',
      'a%2Fb',
      ' ',
      'é',
      'a\u0000b',
      '\ud800',
      'x'.repeat(600),
    ];
    const bare = await withServer(sample.pending, async (server) => {
      await ask(server.io(), 'plain');
      return server.seen.map(({ path }) => segments(path));
    });
    const strayed: string[] = [];
    for (const id of odd) {
      await withServer(sample.pending, async (server) => {
        const said = await ask(server.io(), id);
        if (said instanceof Failure && failureIn(said) !== 'ProviderFailure')
          strayed.push(`${JSON.stringify(id)}: ${failureIn(said)}`);
        const asked = server.seen.map(({ path }) => segments(path));
        if (asked.some((count) => !bare.includes(count))) strayed.push(`${JSON.stringify(id)}: another path`);
      });
    }
    expect(strayed).toEqual([]);
  });

  it('shows no secret when the provider quotes the request', async () => {
    const leaks: string[] = [];
    for (const status of [200, 400, 401, 403, 404, 429, 500]) {
      for (const echo of echoes(status)) {
        const said = await askAt(echo);
        leaks.push(
          ...leaksIn(said instanceof Failure ? said.error : said, options.secrets).map((leak) => `${status}: ${leak}`),
        );
      }
    }
    expect(leaks).toEqual([]);
  });

  for (const { name, externalId, model, answer, expect: expected } of sample.answers ?? []) {
    it(`reads ${name} as it must`, async () => {
      const said = await askAt(answer, externalId, model);
      if ('failure' in expected) {
        expect(said instanceof Failure ? said.error : said).toMatchObject({
          name: 'ProviderFailure',
          code: expected.failure,
        });
      } else {
        expect(said instanceof Failure ? said.error : said).toMatchObject(expected);
        if (!(said instanceof Failure)) expect(faultsOf(said)).toEqual([]);
      }
    });
  }
}

/** What `status` threw. */
class Failure {
  constructor(readonly error: unknown) {}
}

function failureIn(said: ProviderFact | Failure): string {
  if (!(said instanceof Failure)) return `the status ${String(said.status)}`;
  return said.error instanceof Error ? said.error.name : String(said.error);
}

/** How many segments a path has, and how many parameters: an id must not add to either. */
const segments = (path: string): string => {
  const { pathname, searchParams, hash } = new URL(path, 'http://provider.invalid');
  return `${pathname.split('/').length} ${[...searchParams.keys()].join()} ${hash}`;
};
