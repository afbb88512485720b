import type { ProviderIo } from '@tasklatch/core';
import { describe, expect, it } from 'vitest';
import { type ReplicateOptions, replicate } from './index.js';

const apiKey = 'r8_0123456789';

async function posted(model: string | null, over: Partial<ReplicateOptions> = {}, callbackUrl?: string) {
  const sent: { url: string; body: unknown; authorization: string | null }[] = [];
  const io: ProviderIo = {
    signal: AbortSignal.timeout(5000),
    now: Date.now,
    fetch: async (url, init) => {
      sent.push({
        url: String(url),
        body: JSON.parse(String(init?.body)),
        authorization: new Headers(init?.headers).get('authorization'),
      });
      return new Response('{"id":"p1","status":"starting"}', { status: 201 });
    },
  };
  const answer = await replicate({ apiKey, ...over }).submit?.(
    { taskId: 't', model, input: { prompt: 'x' }, callbackUrl },
    io,
  );
  return { answer, sent };
}

describe('replicate submits', () => {
  it.each([
    ['acme/painter', '/v1/models/acme/painter/predictions', {}],
    ['acme/painter:0c726337a1', '/v1/predictions', { version: '0c726337a1' }],
    ['0c726337a1344fb34b8fd293cdb01ec8', '/v1/predictions', { version: '0c726337a1344fb34b8fd293cdb01ec8' }],
    ['deployments/acme/my-app', '/v1/deployments/acme/my-app/predictions', {}],
  ])('%s to %s', async (model, path, named) => {
    const { answer, sent } = await posted(model);
    expect(answer).toMatchObject({ kind: 'accepted', fact: { externalId: 'p1', status: 'pending' } });
    expect(sent).toEqual([
      {
        url: `https://api.replicate.com${path}`,
        body: { ...named, input: { prompt: 'x' } },
        authorization: `Bearer ${apiKey}`,
      },
    ]);
  });

  it.each([
    null,
    '',
    'acme/',
    '/painter',
    'acme/../x',
    '../..',
    'a/b/c',
    'a b',
    'deployments/a',
    'deployments/a/b:c',
    'a/b?x=1',
    'deployments/../..',
  ])('nothing for the model %j', async (model) => {
    const { answer, sent } = await posted(model);
    expect(sent).toEqual([]);
    expect(answer).toMatchObject({ kind: 'refused', error: { code: 'invalid_request' } });
  });

  it('with a webhook for completion only, unless told otherwise', async () => {
    const url = 'https://app.test/callbacks/replicate/token';
    expect((await posted('a/b', {}, url)).sent[0]?.body).toMatchObject({
      webhook: url,
      webhook_events_filter: ['completed'],
    });
    const events = ['start', 'completed'] as const;
    expect((await posted('a/b', { events }, url)).sent[0]?.body).toMatchObject({ webhook_events_filter: events });
  });
});

describe('replicate webhooks', () => {
  const delivery = {
    method: 'POST',
    path: '/',
    header: () => undefined,
    body: Buffer.from('{"id":"p1","status":"failed"}'),
    exact: true,
    receivedAt: 0,
    taskId: 't',
  };

  it('are hints where no secret was given', async () => {
    const { callbacks } = replicate({ apiKey });
    expect(await callbacks?.authenticate(delivery)).toEqual({ kind: 'token' });
    expect(callbacks?.confirm).toBeUndefined();
    expect(callbacks?.needsExactBody).toBe(false);
    expect(replicate({ apiKey, webhookSecret: `whsec_${'A'.repeat(32)}` }).callbacks?.needsExactBody).toBe(true);
  });

  it('do not become hints because an environment variable is missing', () => {
    expect(() => replicate({ apiKey, webhookSecret: process.env.NO_SUCH_VARIABLE })).toThrow(/the secret is empty/);
  });
});
