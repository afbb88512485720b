import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type DeliverySample, type StatusSample, type SubmitSample, testProviderContract } from '@tasklatch/testing';
import { describe, expect, it } from 'vitest';
import { type OpenAIInput, openai } from './index.js';

const KEY = 'sk-openai-contract-0123456789';
const SECRET = `whsec_${Buffer.alloc(32, 6).toString('base64')}`;
const RESPONSE = 'resp_0a1b2c3d4e5f60718293a4b5c6d7e8f9';
const BATCH = 'batch_c350828c3f320a5e356e42f826c00251';
const NOW = 1_769_550_060_000;

const fixture = (name: string) => readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8');
const answer = (name: string, status = 200) => ({ status, body: fixture(name) });

function signed(body: string, id = 'wh_1') {
  const timestamp = String(NOW / 1000);
  const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64');
  const digest = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${digest}` };
}
const delivery = (name: string, body: string, expected: DeliverySample['expect']): DeliverySample => ({
  name,
  body,
  headers: signed(body),
  receivedAt: NOW,
  taskId: null,
  authenticity: { kind: 'signed', covers: 'body' },
  expect: expected,
});
const event = (type: string, id: string) =>
  JSON.stringify({ object: 'event', id: 'evt_1', type, created_at: 1, data: { id } });

const output = [{ type: 'message', id: 'msg_1' }];
const counts = { total: 8, completed: 5, failed: 0 };

const responses: StatusSample = {
  externalId: RESPONSE,
  pending: answer('response-queued'),
  answers: [
    { name: 'queued', answer: answer('response-queued'), expect: { externalId: RESPONSE, status: 'pending' } },
    { name: 'in_progress', answer: answer('response-in-progress'), expect: { status: 'running' } },
    {
      name: 'completed',
      answer: answer('response-completed'),
      expect: { status: 'succeeded', result: { files: [], data: { output } } },
    },
    {
      name: 'failed',
      answer: answer('response-failed'),
      expect: { status: 'failed', error: { code: 'server_error', message: 'The model failed.' } },
    },
    {
      name: 'incomplete',
      answer: answer('response-incomplete'),
      expect: {
        status: 'failed',
        providerStatus: 'incomplete',
        error: { code: 'max_output_tokens' },
        result: { data: { output } },
      },
    },
    {
      name: 'cancelled',
      answer: answer('response-cancelled'),
      expect: { status: 'canceled', error: { code: 'cancelled' } },
    },
    {
      name: 'a status nobody listed',
      answer: { body: { id: RESPONSE, status: 'paused' } },
      expect: { status: 'pending', unknownStatus: true },
    },
    { name: '404', answer: { status: 404, body: {} }, expect: { failure: 'not_found' } },
    {
      name: 'batch: validating',
      externalId: BATCH,
      answer: answer('batch-validating'),
      expect: { externalId: BATCH, status: 'pending', progress: null },
    },
    {
      name: 'batch: in_progress',
      externalId: BATCH,
      answer: answer('batch-in-progress'),
      expect: { status: 'running', progress: 50 },
    },
    {
      name: 'batch: completed',
      externalId: BATCH,
      answer: answer('batch-completed'),
      expect: {
        status: 'succeeded',
        result: { files: [], data: { output_file_id: 'file-out', error_file_id: 'file-err' } },
      },
    },
    {
      name: 'batch: failed',
      externalId: BATCH,
      answer: answer('batch-failed'),
      expect: { status: 'failed', error: { code: 'invalid_json_line', message: 'Line 3 is no JSON.' } },
    },
    {
      name: 'batch: expired, with what it finished',
      externalId: BATCH,
      answer: answer('batch-expired'),
      expect: {
        status: 'canceled',
        error: { code: 'expired' },
        result: { data: { output_file_id: 'file-out', request_counts: counts } },
      },
    },
    {
      name: 'batch: cancelled',
      externalId: BATCH,
      answer: answer('batch-cancelled'),
      expect: { status: 'canceled', error: { code: 'cancelled' } },
    },
  ],
};

const submit: SubmitSample<OpenAIInput> = {
  model: 'gpt-5.1',
  input: { input: 'Draw a paper boat in words' },
  accepted: answer('response-queued'),
  externalId: RESPONSE,
  answers: [
    {
      name: '401',
      answer: answer('error-401', 401),
      expect: { kind: 'refused', error: { code: 'unauthorized', message: 'Incorrect API key provided.' } },
    },
    {
      name: 'a response without an id',
      answer: { body: { status: 'queued' } },
      expect: { kind: 'unclear', error: { code: 'no_task_id' } },
    },
  ],
};

testProviderContract<OpenAIInput>(
  'openai',
  {
    make: () => openai({ apiKey: KEY, webhookSecret: SECRET }),
    secrets: [KEY, SECRET],
    submit,
    status: responses,
    deliveries: [
      delivery('response.completed', fixture('event-response-completed'), [
        { externalId: RESPONSE, status: 'succeeded', providerStatus: 'completed', thin: true },
      ]),
      delivery('batch.expired', fixture('event-batch-expired'), [
        { externalId: BATCH, status: 'canceled', thin: true },
      ]),
      ...(['failed', 'cancelled', 'incomplete'] as const).map((state) =>
        delivery(`response.${state}`, event(`response.${state}`, RESPONSE), [
          { externalId: RESPONSE, status: state === 'cancelled' ? 'canceled' : 'failed', thin: true },
        ]),
      ),
      delivery('an event of another family', fixture('event-fine-tuning'), []),
      delivery('an event type nobody listed', event('response.paused', RESPONSE), [
        { status: 'pending', unknownStatus: true, thin: true },
      ]),
      delivery('no event', '{"type":"response.completed"}', 'unparseable'),
      {
        ...delivery('one with an empty id', fixture('event-fine-tuning'), []),
        headers: signed(fixture('event-fine-tuning'), ''),
        authenticity: { kind: 'forged' },
      },
      {
        ...delivery('one without a signature', fixture('event-fine-tuning'), []),
        headers: {},
        authenticity: { kind: 'forged' },
      },
      {
        ...delivery('one that is too old', fixture('event-fine-tuning'), []),
        receivedAt: NOW + 301_000,
        authenticity: { kind: 'forged' },
      },
    ],
  },
  { describe, it, expect },
);

testProviderContract<OpenAIInput>(
  'openai, batches without webhooks',
  {
    make: () => openai({ apiKey: KEY }),
    secrets: [KEY],
    submit: {
      model: null,
      input: { input_file_id: 'file-in', endpoint: '/v1/responses', completion_window: '24h' },
      accepted: answer('batch-validating'),
      externalId: BATCH,
    },
    status: { externalId: BATCH, pending: answer('batch-validating') },
  },
  { describe, it, expect },
);
