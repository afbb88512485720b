import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ProviderIo } from '@tasklatch/core';
import { describe, expect, it } from 'vitest';
import { appPath } from './app-path.js';
import { readDelivered, resultOf } from './fal-message.js';
import { fal } from './index.js';

const apiKey = 'fal-0123456789';

describe('fal paths', () => {
  it.each([
    ['fal-ai/flux', '/fal-ai/flux', '/fal-ai/flux/requests'],
    ['fal-ai/flux/dev', '/fal-ai/flux/dev', '/fal-ai/flux/requests'],
    [
      'fal-ai/kling-video/v2.1/master/text-to-video',
      '/fal-ai/kling-video/v2.1/master/text-to-video',
      '/fal-ai/kling-video/requests',
    ],
    ['workflows/me/mine', '/workflows/me/mine', '/workflows/me/mine/requests'],
    ['comfy/me/mine', '/comfy/me/mine', '/comfy/me/mine/requests'],
  ])('of %s', (model, submit, requests) => {
    expect(appPath(model)).toEqual({ submit, requests });
  });

  it.each([null, '', 'flux', 'fal-ai/', '/flux', 'fal-ai//flux', '../../x', 'fal-ai/..', 'a b/c', 'a/b?x', 'a/b#x'])(
    'of %j do not exist',
    (model) => {
      expect(appPath(model)).toBeUndefined();
    },
  );

  it('carry the webhook in the query, encoded', async () => {
    const urls: string[] = [];
    const io: ProviderIo = {
      signal: AbortSignal.timeout(5000),
      now: Date.now,
      fetch: async (url, init) => {
        urls.push(String(url));
        expect(new Headers(init?.headers).get('authorization')).toBe(`Key ${apiKey}`);
        return Response.json({ request_id: 'r' });
      },
    };
    const submit = (callbackUrl?: string) =>
      fal({ apiKey }).submit?.({ taskId: 't', model: 'fal-ai/flux', input: {}, callbackUrl }, io);
    await submit('https://app.test/callbacks/fal/to?ken&x=1');
    await submit();
    expect(urls).toEqual([
      'https://queue.fal.run/fal-ai/flux?fal_webhook=https%3A%2F%2Fapp.test%2Fcallbacks%2Ffal%2Fto%3Fken%26x%3D1',
      'https://queue.fal.run/fal-ai/flux',
    ]);
  });
});

describe('fal results', () => {
  it('keep what the model returned, without the prompt it quotes', () => {
    expect(
      resultOf({ prompt: 'secret', text: 'a', video: { url: 'https://x.test/a.mp4', content_type: 'video/mp4' } }),
    ).toEqual({
      files: [{ url: 'https://x.test/a.mp4', kind: 'video' }],
      data: { text: 'a', video: { url: 'https://x.test/a.mp4', content_type: 'video/mp4' } },
    });
    expect(resultOf('words')).toEqual({ files: [], data: 'words' });
  });

  it('are fetched where the webhook lacks them, also when it names an error beside a payload', () => {
    const body = { request_id: 'r', status: 'OK', payload: { a: 1 }, payload_error: 'cut' };
    expect(readDelivered(body)?.fact).toMatchObject({ thin: true });
    expect(readDelivered({ ...body, payload_error: null })?.fact).toMatchObject({ result: { data: { a: 1 } } });
  });
});

it('undecided is what a webhook is while the key server is down', async () => {
  const server = createServer((_request, response) => response.writeHead(500).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const keys = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
  const headers: Record<string, string> = {
    'x-fal-webhook-request-id': 'r',
    'x-fal-webhook-user-id': 'u',
    'x-fal-webhook-timestamp': '1760000000',
    'x-fal-webhook-signature': '0'.repeat(128),
  };
  const verdict = await fal({ apiKey, signature: { keys } }).callbacks?.authenticate({
    method: 'POST',
    path: '/',
    header: (name) => headers[name],
    body: Buffer.from('{}'),
    exact: true,
    receivedAt: 1_760_000_000_000,
    taskId: 't',
  });
  expect(verdict).toMatchObject({ kind: 'undecided' });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
