import { createTasklatch, memoryStore, type Provider, type ProviderIo, type SubmitAnswer } from '@tasklatch/core';
import { type Behaviour, type CannedServer, ioToNobody, withServer } from './canned-server.js';
import type { SubmitSample } from './contract-options.js';
import { echoes } from './echoes.js';
import { faultsOf } from './fact-faults.js';
import { leaksIn } from './leaks.js';
import type { ProviderSuite } from './provider-suite.js';
import { withinSeconds } from './within-seconds.js';

/** Looks like a callback URL of ours. */
const CALLBACK_URL = 'https://app.example.com/callbacks/contract/dGhpcy1pcy1hLWNhcGFiaWxpdHk';

type Kind = SubmitAnswer['kind'];

/** Each failure that leaves an answer to be classified: what the server does, and what the provider must conclude. */
const FAILURES: readonly (readonly [does: string, behaviour: Behaviour, kinds: readonly Kind[]])[] = [
  ['resets the connection before it answers', 'reset', ['unclear']],
  ['breaks off inside its answer', 'cut', ['unclear']],
  ...[400, 401, 402, 403, 404, 422].map((status) => [`answers ${status}`, { status, body: {} }, ['refused']] as const),
  ...[408, 500, 502, 503, 504].map((status) => [`answers ${status}`, { status, body: 'busy' }, ['unclear']] as const),
  ['answers 429', { status: 429, body: 'slow down' }, ['notSent']],
  // A 200 from a captive portal, or 100 MB of anything, is no task id.
  ['answers 200 without a body', { body: '' }, ['unclear']],
  ['answers 200 with a page', { body: '<html>Welcome</html>' }, ['unclear']],
  ['answers 200 with an empty object', { body: {} }, ['unclear']],
  ['answers 200 with null', { body: 'null' }, ['unclear']],
  // Not followed: the same POST elsewhere would be a second one. Whether a redirect made a task is the provider's to know.
  ['redirects', { status: 307, headers: { location: '/elsewhere' }, body: '' }, ['refused', 'unclear']],
];

export function submitCases<Input>({ it, expect, options }: ProviderSuite<Input>, sample: SubmitSample<Input>): void {
  const submit = async (io: ProviderIo, callbackUrl?: string): Promise<SubmitAnswer> => {
    const provider = options.make();
    if (provider.submit === undefined) throw new Error('The provider has no submit.');
    return provider.submit({ taskId: 'task_contract', model: sample.model, input: sample.input, callbackUrl }, io);
  };

  it('sends one POST over https for a submit, and reads the id of the task', async () => {
    await withServer(sample.accepted, async (server) => {
      const answer = await submit(server.io(), CALLBACK_URL);
      expect(answer).toMatchObject({ kind: 'accepted', fact: { externalId: sample.externalId } });
      if (answer.kind === 'accepted') expect(faultsOf(answer.fact)).toEqual([]);
      await expectOnePost(server);
      expect(server.seen[0]?.intended.startsWith('https://')).toBe(true);
    });
  });

  it('passes the callback URL on when there is one, and nothing in its place when there is none', async () => {
    await withServer(sample.accepted, async (server) => {
      const perTask = options.make().callbacks?.perTask === true;
      await submit(server.io(), CALLBACK_URL);
      await submit(server.io(), undefined);
      const [withUrl = '', without = ''] = server.seen.map(({ path, headers, body }) =>
        decoded([path, JSON.stringify(headers), body].join('\n')),
      );
      if (perTask) expect(withUrl.includes(CALLBACK_URL)).toBe(true);
      expect(without.includes(CALLBACK_URL)).toBe(false);
      expect(/=undefined\b|=null\b|"undefined"/.test(without)).toBe(false);
    });
  });

  for (const [does, behaviour, kinds] of FAILURES) {
    it(`sends one POST and says ${kinds.join(' or ')} when the provider ${does}`, async () => {
      await withServer(behaviour, async (server) => {
        const answer = await submit(server.io());
        expect(kinds.includes(answer.kind) ? 'as it must' : answer).toBe('as it must');
        await expectOnePost(server);
      });
    });
  }

  it('says notSent when nobody listens', async () => {
    expect((await submit(await ioToNobody())).kind).toBe('notSent');
  });

  it('says for how long it was turned away', async () => {
    const busy = { status: 429, headers: { 'retry-after': '7' }, body: 'slow down' };
    const answer = await withServer(busy, (server) => submit(server.io()));
    expect(answer).toMatchObject({ kind: 'notSent', retryAfterMs: 7000 });
  });

  it('gives up when its signal aborts: unclear, since the request was sent', async () => {
    await withServer('hang', async (server) => {
      const abort = new AbortController();
      const answer = submit(server.io(abort.signal));
      await Promise.race([server.request(), answer]);
      abort.abort();
      expect((await withinSeconds(5, answer)).kind).toBe('unclear');
      await expectOnePost(server);
    });
  });

  it('sends nothing when its signal has aborted before', async () => {
    await withServer(sample.accepted, async (server) => {
      const { kind } = await submit(server.io(AbortSignal.abort()));
      expect(kind === 'notSent' || kind === 'unclear').toBe(true);
      expect(server.received()).toBe(0);
    });
  });

  it('stops reading an answer that has no end', async () => {
    const endless = { body: `"${'x'.repeat(8_000_000)}"` };
    expect((await withServer(endless, (server) => submit(server.io()))).kind).toBe('unclear');
  });

  it('shows no secret when the provider quotes the request in its errors', async () => {
    const leaks: string[] = [];
    for (const [status, echo] of quoted()) {
      const answer = await withServer(echo, (server) => submit(server.io(), CALLBACK_URL));
      leaks.push(...leaksIn(answer, options.secrets).map((leak) => `${status}: ${leak}`));
    }
    expect(leaks).toEqual([]);
  });

  it('leaves neither a secret nor the callback URL in a task when the provider quotes the request', async () => {
    const leaks: string[] = [];
    for (const [status, echo] of quoted()) {
      const kept = await withServer(echo, (server) => submitThroughLatch(options.make(), sample, server.io().fetch));
      leaks.push(...leaksIn(kept.all, [...options.secrets, ...kept.hide]).map((leak) => `${status}: ${leak}`));
    }
    expect(leaks).toEqual([]);
  });

  for (const { name, answer, expect: expected } of sample.answers ?? []) {
    it(`reads ${name} as it must`, async () => {
      await withServer(answer, async (server) => {
        expect(await submit(server.io(), CALLBACK_URL)).toMatchObject(expected);
        await expectOnePost(server);
      });
    });
  }

  async function expectOnePost(server: CannedServer): Promise<void> {
    // Time for what a client might do behind the answer.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.received()).toBe(1);
    expect(server.seen.map(({ method }) => method).join()).toBe('POST');
  }
}

/** Each status with each way of quoting the request. */
const quoted = () =>
  [200, 400, 401, 402, 403, 404, 409, 422, 429, 500].flatMap((status) =>
    echoes(status).map((echo) => [status, echo] as const),
  );

/** Submits as an app does, with a callback URL of ours. `all` is what the app can see afterwards, `hide` what must not be in it. */
async function submitThroughLatch<Input>(
  provider: Provider<Input>,
  { model, input }: SubmitSample<Input>,
  fetch: typeof globalThis.fetch,
) {
  const latch = createTasklatch({
    store: memoryStore(),
    // The input is the sample's, which is what this provider takes.
    providers: [provider as Provider<never>],
    callbacks: { baseUrl: 'https://app.example.com/callbacks', secret: 'a secret of thirty-two characters or more' },
    submit: { attempts: 1 },
    fetch,
  });
  const request = { provider: provider.name, input, ...(model === null ? {} : { model }) };
  const outcome: unknown = await latch.submit(request).catch((error: unknown) => error);
  const { items } = await latch.list();
  const ledgers = await Promise.all(items.map(({ id }) => latch.ledger({ taskId: id })));
  const urls = items.flatMap(({ id }) => latch.callbackUrl(provider.name, id) ?? []);
  await latch.stop();
  return { all: [outcome, items, ledgers], hide: [...urls, ...urls.map((url) => url.slice(-32))] };
}

/** A request without the encodings a URL may travel in. */
function decoded(text: string): string {
  return text.replaceAll('\\/', '/').replace(/(?:%[0-9a-f]{2})+/gi, (escaped) => decodeURIComponent(escaped));
}
