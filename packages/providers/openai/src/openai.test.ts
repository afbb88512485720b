import type { ProviderIo } from '@tasklatch/core';
import { describe, expect, it } from 'vitest';
import { openai } from './index.js';

const apiKey = 'sk-0123456789';
const secret = `whsec_${Buffer.alloc(32, 6).toString('base64')}`;

function recording(body: object) {
  const sent: { url: string; method: string; body: unknown; headers: Record<string, string> }[] = [];
  const io: ProviderIo = {
    signal: AbortSignal.timeout(5000),
    now: Date.now,
    fetch: async (url, init) => {
      const headers = Object.fromEntries(new Headers(init?.headers));
      sent.push({
        url: String(url),
        method: init?.method ?? '',
        body: init?.body ? JSON.parse(String(init.body)) : null,
        headers,
      });
      return Response.json(body);
    },
  };
  return { io, sent };
}

describe('openai', () => {
  it('makes a response in the background where there is a model, whatever the input says', async () => {
    const { io, sent } = recording({ id: 'resp_1', status: 'queued' });
    const input = { input: 'words', background: false, model: 'other' };
    const answer = await openai({ apiKey, organization: 'org', project: 'proj' }).submit?.(
      { taskId: 't', model: 'gpt-5.1', input, callbackUrl: undefined },
      io,
    );
    expect(answer).toMatchObject({ kind: 'accepted', fact: { externalId: 'resp_1', status: 'pending' } });
    expect(sent).toMatchObject([
      {
        url: 'https://api.openai.com/v1/responses',
        method: 'POST',
        body: { input: 'words', model: 'gpt-5.1', background: true },
        headers: { authorization: `Bearer ${apiKey}`, 'openai-organization': 'org', 'openai-project': 'proj' },
      },
    ]);
  });

  it('makes a batch where there is none', async () => {
    const { io, sent } = recording({ id: 'batch_1', status: 'validating' });
    const input = { input_file_id: 'file-in', endpoint: '/v1/responses', completion_window: '24h' };
    await openai({ apiKey }).submit?.({ taskId: 't', model: null, input, callbackUrl: undefined }, io);
    expect(sent).toMatchObject([{ url: 'https://api.openai.com/v1/batches', body: input }]);
  });

  it('sends nothing for an input that is no object', async () => {
    const { io, sent } = recording({});
    const input = ['words'] as never;
    expect(
      await openai({ apiKey }).submit?.({ taskId: 't', model: 'm', input, callbackUrl: undefined }, io),
    ).toMatchObject({ kind: 'refused' });
    expect(sent).toEqual([]);
  });

  it('keeps no instructions and no input of a response', async () => {
    const { io } = recording({
      id: 'resp_1',
      status: 'completed',
      output: [{ text: 'a' }],
      instructions: 'secret',
      input: 'secret',
    });
    const fact = await openai({ apiKey }).status?.('resp_1', {} as never, io);
    expect(fact).toMatchObject({ status: 'succeeded', result: { data: { output: [{ text: 'a' }] } } });
    expect(JSON.stringify(fact)).not.toContain('secret');
  });

  it('takes no webhooks without a secret, and does not start with an empty one', () => {
    expect(openai({ apiKey }).callbacks).toBeUndefined();
    expect(openai({ apiKey, webhookSecret: secret }).callbacks?.perTask).toBe(false);
    expect(() => openai({ apiKey, webhookSecret: process.env.NO_SUCH_VARIABLE })).toThrow(/the secret is empty/);
  });
});
