import { createServer, type IncomingMessage } from 'node:http';
import {
  type ProviderFact,
  ProviderFailure,
  type ProviderIo,
  type RawDelivery,
  type SubmitAnswer,
} from '@tasklatch/core';
import { type Emulator, type EmulatorOptions, startEmulator } from '@tasklatch/emulator';
import { aTask } from '@tasklatch/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { apidot } from './apidot.js';
import { apidotFamily } from './families.js';

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function start(options: EmulatorOptions = {}): Promise<Emulator> {
  const emulator = await startEmulator({ pace: { pendingMs: 5, runningMs: 10 }, ...options });
  open.push(emulator);
  return emulator;
}

const io = (ms = 20_000): ProviderIo => ({ fetch, signal: AbortSignal.timeout(ms), now: () => Date.now() });
const providerOf = ({ url, apiKey }: Emulator) => apidot({ apiKey, baseUrl: url });

async function submit(
  emulator: Emulator,
  model: string,
  input: object,
  callbackUrl?: string,
  ms?: number,
): Promise<SubmitAnswer> {
  const answer = await providerOf(emulator).submit?.(
    { taskId: 'task_1', model, input: { ...input }, callbackUrl },
    io(ms),
  );
  if (answer === undefined) throw new Error('APIDot submits.');
  return answer;
}

const idOf = (answer: SubmitAnswer): string => {
  if (answer.kind !== 'accepted') throw new Error(`The emulator did not accept: ${JSON.stringify(answer)}`);
  return answer.fact.externalId;
};

async function check(emulator: Emulator, externalId: string, model: string, ms?: number): Promise<ProviderFact> {
  const fact = await providerOf(emulator).status?.(externalId, aTask({ externalId, model }), io(ms));
  if (fact === undefined) throw new Error('APIDot has a status.');
  return fact;
}

async function checkToEnd(emulator: Emulator, externalId: string, model: string): Promise<ProviderFact> {
  for (;;) {
    const fact = await check(emulator, externalId, model);
    if (fact.status === 'succeeded' || fact.status === 'failed' || fact.providerStatus === 'finished') return fact;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('apidot against the emulator', () => {
  it.each([
    ['gpt-image-2', { prompt: 'a boat' }, 'image'],
    ['wan2.7-text-to-video', { prompt: 'a boat' }, 'video'],
    ['meshy-6-text-to-3d', { prompt: 'a boat' }, 'model'],
    ['generate-music', { prompt: 'a boat' }, 'audio'],
  ])('takes a task of %s from submit to its files', async (model, input, kind) => {
    const emulator = await start();
    const id = idOf(await submit(emulator, model, input));
    const fact = await checkToEnd(emulator, id, model);
    expect(fact).toMatchObject({ externalId: id, status: 'succeeded', providerStatus: 'finished' });
    expect(fact.result?.files.map((file) => file.kind)).toContain(kind);
    for (const { url } of fact.result?.files ?? []) expect((await fetch(url)).status).toBe(200);
    expect(emulator.counts()).toMatchObject({ submits: 1, tasksMade: 1 });
  });

  it('asks the detail endpoint for finished music only', async () => {
    const emulator = await start();
    const music = idOf(await submit(emulator, 'generate-music', { prompt: 'a boat', title: 'Still Water' }));
    const fact = await checkToEnd(emulator, music, 'generate-music');
    expect(fact.result?.data).toMatchObject({ items: [{ title: 'Still Water' }, { title: 'Still Water' }] });
    expect(JSON.stringify(fact)).not.toContain('a boat');
    expect(emulator.counts().musicDetailChecks).toBe(1);

    const image = idOf(await submit(emulator, 'z-image', { prompt: 'a boat', size: '1:1' }));
    await checkToEnd(emulator, image, 'z-image');
    expect(emulator.counts().musicDetailChecks).toBe(1);
  });

  it.each([
    'generate-lyrics',
    'boost-music-style',
    'generate-persona',
    'generate-midi',
    'separate-vocals',
    'stem-split',
    'convert-to-wav',
  ])('takes what %s makes for a result, whichever endpoint tells it', async (model) => {
    for (const status of [{}, { outputFiles: 1 }]) {
      const emulator = await start({ faults: { status } });
      const id = idOf(
        await submit(emulator, model, { prompt: 'a boat', style: 'Folk', task_id: 'task-1', audio_id: 'audio-1' }),
      );
      const { status: said, result } = await checkToEnd(emulator, id, model);
      expect(said).toBe('succeeded');
      expect((result?.files.length ?? 0) > 0 || result?.data !== undefined).toBe(true);
    }
  });

  it('finds files in output.files, and takes finished without files for no success', async () => {
    const emulator = await start({ faults: { status: { outputFiles: 1 } } });
    const image = idOf(await submit(emulator, 'gpt-image-2', { prompt: 'a boat' }));
    expect(await checkToEnd(emulator, image, 'gpt-image-2')).toMatchObject({
      status: 'succeeded',
      result: { files: [{ kind: 'image' }] },
    });

    emulator.setFaults({ task: { noFiles: 1 } });
    for (const model of ['gpt-image-2', 'generate-music']) {
      const id = idOf(await submit(emulator, model, { prompt: 'a boat' }));
      expect(await checkToEnd(emulator, id, model)).toMatchObject({
        status: 'pending',
        providerStatus: 'finished',
        unknownStatus: true,
      });
    }
  });

  it('passes the words of a failed task on', async () => {
    const emulator = await start({
      faults: { task: { fails: 1, errorMessage: 'The prompt violates our content policy' } },
    });
    const id = idOf(await submit(emulator, 'gpt-image-2', { prompt: 'a boat' }));
    expect(await checkToEnd(emulator, id, 'gpt-image-2')).toMatchObject({
      status: 'failed',
      error: { code: 'failed', message: 'The prompt violates our content policy' },
    });
  });

  it.each<[string, EmulatorOptions['faults'], SubmitAnswer['kind'], tasks: number]>([
    ['rate limit', { submit: { rateLimit: 1, retryAfterS: 3 } }, 'notSent', 0],
    ['missing credits', { submit: { paymentRequired: 1 } }, 'refused', 0],
    ['an error code inside HTTP 200', { submit: { businessError: 1 } }, 'refused', 0],
    ['a plain text 408', { submit: { timeoutBefore: 1 } }, 'unclear', 0],
    ['a 500 before the task', { submit: { errorBefore: 1 } }, 'unclear', 0],
    ['a reset before the task', { submit: { resetBefore: 1 } }, 'unclear', 0],
    ['a 500 after the task', { submit: { errorAfter: 1 } }, 'unclear', 1],
    ['a reset after the task', { submit: { resetAfter: 1 } }, 'unclear', 1],
    ['no answer after the task', { submit: { hangAfter: 1 } }, 'unclear', 1],
    ['a garbled answer', { submit: { garbledAfter: 1 } }, 'unclear', 1],
    ['an answer without an id', { submit: { idMissingAfter: 1 } }, 'unclear', 1],
    ['code 0', { submit: { codeZero: 1 } }, 'accepted', 1],
    ['no first status', { submit: { firstStatus: 'missing' } }, 'accepted', 1],
  ])('tells %s apart, with one POST, in either form of error', async (_what, faults, kind, tasks) => {
    for (const detailErrors of [0, 1]) {
      const emulator = await start({ faults: { ...faults, detailErrors } });
      const answer = await submit(emulator, 'gpt-image-2', { prompt: 'a boat' }, undefined, 1000);
      expect(answer.kind).toBe(kind);
      expect(emulator.counts()).toMatchObject({ submits: 1, tasksMade: tasks });
      if (answer.kind === 'notSent') expect(answer.retryAfterMs).toBe(3000);
    }
  });

  it('refuses what the docs refuse: a wrong key, an unknown model, an input against the rules', async () => {
    const emulator = await start();
    const stranger = apidot({ apiKey: 'sk-wrong', baseUrl: emulator.url });
    const request = { taskId: 'task_1', model: 'gpt-image-2', input: { prompt: 'a boat' }, callbackUrl: undefined };
    expect(await stranger.submit?.(request, io())).toMatchObject({ kind: 'refused', error: { code: 'unauthorized' } });
    expect(await submit(emulator, 'gpt-image-2-edit', { prompt: 'a boat' })).toMatchObject({
      kind: 'refused',
      error: { code: 'invalid_request', message: 'image_urls is required for gpt-image-2-edit' },
    });
    expect((await submit(emulator, 'veo-3-1', { prompt: 'a boat' })).kind).toBe('refused');
  });

  it.each<
    [
      string,
      NonNullable<EmulatorOptions['faults']>['status'],
      { code?: string; pause?: boolean; retryAfterMs?: number },
    ]
  >([
    ['a rate limit', { rateLimit: 1, retryAfterS: 4 }, { code: 'rate_limited', pause: true, retryAfterMs: 4000 }],
    ['a 408', { timeout: 1 }, { code: 'timeout', pause: false }],
    ['a 500', { error: 1 }, { code: 'http_500' }],
    ['a reset', { reset: 1 }, {}],
    ['no answer', { hang: 1 }, { code: 'TIMEOUT' }],
    ['a 404', { notFound: 1 }, { code: 'not_found' }],
    ['an error code inside HTTP 200', { businessError: 1 }, {}],
    ['a garbled answer', { garbled: 1 }, { code: 'unreadable' }],
  ])('says nothing about the task when a check meets %s', async (_what, status, failure) => {
    const emulator = await start();
    const id = idOf(await submit(emulator, 'generate-music', { prompt: 'a boat' }));
    emulator.setFaults({ status: status ?? {} });
    const said = await check(emulator, id, 'generate-music', 1000).catch((error: unknown) => error);
    expect(said).toBeInstanceOf(ProviderFailure);
    expect(said).toMatchObject(failure);
  });

  it('reports words that no page lists, and counts them as pending', async () => {
    const emulator = await start({ pace: { pendingMs: 60_000 }, faults: { status: { unknownStatus: 1 } } });
    const id = idOf(await submit(emulator, 'gpt-image-2', { prompt: 'a boat' }));
    expect(await check(emulator, id, 'gpt-image-2')).toMatchObject({ status: 'pending', unknownStatus: true });
  });

  it.each<[string, NonNullable<EmulatorOptions['faults']>['callback'], string]>([
    ['flat', {}, 'gpt-image-2'],
    ['wrapped', { wrapped: 1 }, 'gpt-image-2'],
    ['with output.files', { outputFiles: 1 }, 'gpt-image-2'],
    ['with music items', { musicItems: 1, wrapped: 1 }, 'generate-music'],
  ])('reads a callback %s', async (_what, callback, model) => {
    const emulator = await start({ faults: { callback: callback ?? {} } });
    const receiver = await receive();
    const id = idOf(await submit(emulator, model, { prompt: 'a boat' }, receiver.url));
    await emulator.idle();
    const facts = receiver.deliveries.flatMap((delivery) => providerOf(emulator).callbacks?.parse(delivery) ?? []);
    expect(facts).toMatchObject([{ externalId: id, status: 'succeeded' }]);
    const family = apidotFamily(model) === 'music' ? 'audio' : 'image';
    expect(facts[0]?.result?.files.map(({ kind }) => kind)).toContain(family);
  });

  it('quarantines every malformed callback the emulator can send', async () => {
    for (const kind of ['truncated', 'text', 'no-task-id', 'array', 'empty'] as const) {
      const emulator = await start({ faults: { callback: { malformed: 1, malformedKinds: [kind] } } });
      const receiver = await receive();
      await submit(emulator, 'gpt-image-2', { prompt: 'a boat' }, receiver.url);
      await emulator.idle();
      expect(receiver.deliveries.length).toBe(1);
      for (const delivery of receiver.deliveries) {
        expect(() => providerOf(emulator).callbacks?.parse(delivery)).toThrow(
          expect.objectContaining({ code: 'unparseable' }),
        );
      }
    }
  });
});

/** A server that keeps what comes to its callback URL. */
async function receive(): Promise<{ url: string; deliveries: RawDelivery[] }> {
  const deliveries: RawDelivery[] = [];
  const server = createServer(async (request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const header = (name: string) => [request.headers[name]].flat().join() || undefined;
    deliveries.push({
      method: request.method ?? '',
      path: '/',
      header,
      body: Buffer.concat(chunks),
      exact: true,
      receivedAt: Date.now(),
      taskId: 'task_1',
    });
    response.end('{"ok":true}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({ close: () => new Promise((resolve) => server.close(resolve)) });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The server has no port.');
  return { url: `http://127.0.0.1:${address.port}/callbacks/apidot/dGhpcy1pcy1hLWNhcGFiaWxpdHk`, deliveries };
}
