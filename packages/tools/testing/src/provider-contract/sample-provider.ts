import { createHmac, timingSafeEqual } from 'node:crypto';
import {
  ask,
  failedSubmit,
  noAnswer,
  type Provider,
  type ProviderFact,
  ProviderFailure,
  sendOnce,
  unparseable,
} from '@tasklatch/core';
import type { ProviderContractOptions } from './contract-options.js';

/** A provider that keeps the contract in few lines, for the tests of the suite: each broken one differs from it in one thing. */
export function sampleProvider(apiKey: string, signingSecret: string): Provider<{ prompt: string }> {
  const base = 'https://api.sample.example';
  const headers = () => ({ authorization: `Bearer ${apiKey}` });
  const sign = (body: Uint8Array) => createHmac('sha256', signingSecret).update(body).digest();

  return {
    name: 'sample',
    async submit({ input, callbackUrl }, io) {
      const body = JSON.stringify({ ...input, webhook: callbackUrl });
      const sent = await sendOnce(io, `${base}/tasks`, { headers: headers(), body, maxBytes: 100_000 });
      if (sent.kind !== 'answer') return noAnswer(sent);
      const { status, text } = sent.response;
      if (status !== 200) return failedSubmit(sent.response, { code: `http_${status}`, message: null }, io.now());
      const fact = read(text);
      return fact === undefined
        ? { kind: 'unclear', error: { code: 'no_id', message: null } }
        : { kind: 'accepted', fact };
    },
    async status(externalId, _task, io) {
      if (!/^[\w-]{1,64}$/.test(externalId)) throw new ProviderFailure('bad_id');
      const { status, text } = await ask(io, `${base}/tasks/${externalId}`, { headers: headers(), maxBytes: 100_000 });
      const fact = status === 200 ? read(text) : undefined;
      if (fact?.externalId !== externalId) throw new ProviderFailure(`http_${status}`);
      return fact;
    },
    callbacks: {
      perTask: true,
      needsExactBody: true,
      authenticate(delivery) {
        const given = Buffer.from(delivery.header('x-signature') ?? '', 'hex');
        const wanted = sign(delivery.body);
        const good = given.length === wanted.length && timingSafeEqual(given, wanted);
        return good ? { kind: 'signed', covers: 'body', keyId: null } : { kind: 'forged', reason: 'signature' };
      },
      parse({ body }) {
        const fact = read(Buffer.from(body).toString());
        if (fact === undefined) throw unparseable('The body is no task.');
        return [fact];
      },
    },
    limits: { checks: () => ({ capMs: 1000 }) },
  };
}

function read(text: string): (ProviderFact & { externalId: string }) | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof json !== 'object' || json === null || !('id' in json) || !('state' in json)) return undefined;
  const { id, state } = json;
  if (typeof id !== 'string' || !/^[\w-]{1,64}$/.test(id) || typeof state !== 'string') return undefined;
  if (state === 'done') return { externalId: id, status: 'succeeded', result: { files: [] } };
  if (state === 'busy') return { externalId: id, status: 'running' };
  return { externalId: id, status: 'pending', providerStatus: state, unknownStatus: true };
}

export const API_KEY = 'sk-sample-0123456789';
export const SIGNING_SECRET = 'whsec-sample-0123456789';

/** What the suite is told about the sample provider; `make` is what the test varies. */
export function sampleOptions(make: () => Provider<{ prompt: string }>): ProviderContractOptions<{ prompt: string }> {
  const body = '{"id":"t-1","state":"done"}';
  const signature = createHmac('sha256', SIGNING_SECRET).update(body).digest('hex');
  return {
    make,
    secrets: [API_KEY, SIGNING_SECRET],
    submit: {
      model: null,
      input: { prompt: 'a boat' },
      accepted: { body: { id: 't-1', state: 'busy' } },
      externalId: 't-1',
      answers: [
        {
          name: 'an unknown state',
          answer: { body: { id: 'a', state: 'x' } },
          expect: { kind: 'accepted', fact: { unknownStatus: true } },
        },
      ],
    },
    status: {
      externalId: 't-1',
      pending: { body: { id: 't-1', state: 'busy' } },
      answers: [
        { name: 'done', answer: { body }, expect: { status: 'succeeded' } },
        { name: '404', answer: { status: 404, body: '' }, expect: { failure: 'http_404' } },
      ],
    },
    deliveries: [
      {
        name: 'done',
        body,
        headers: { 'x-signature': signature },
        authenticity: { kind: 'signed', covers: 'body' },
        expect: [{ externalId: 't-1', status: 'succeeded' }],
      },
      {
        name: 'no task',
        body: '{}',
        headers: { 'x-signature': 'ab' },
        authenticity: { kind: 'forged' },
        expect: 'unparseable',
      },
    ],
  };
}
