import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type CannedAnswer, type DeliverySample, type SeenRequest, testProviderContract } from '@tasklatch/testing';
import { describe, expect, it } from 'vitest';
import { type FalInput, fal } from './index.js';

const KEY = 'fal-contract-0123456789:abcdef';
const ID = 'f56f34a7-be26-4ba0-a2b6-ec29a990ea3f';
const NOW = 1_763_780_284_000;
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const keys = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'contract' }] };

const fixture = (name: string) => readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8');
const answer = (name: string, status = 200): CannedAnswer => ({ status, body: fixture(name) });
/** The queue says COMPLETED; the result call says the rest. */
const completed = (result: CannedAnswer) => (request: SeenRequest) =>
  request.path === `/fal-ai/flux/requests/${ID}/status` ? answer('queue-completed') : result;

/** Signed by hand, as the page describes it. */
function signed(body: string, headerId = ID) {
  const timestamp = String(NOW / 1000);
  const message = [headerId, 'user', timestamp, createHash('sha256').update(body).digest('hex')].join('\n');
  return {
    'X-Fal-Webhook-Request-Id': headerId,
    'X-Fal-Webhook-User-Id': 'user',
    'X-Fal-Webhook-Timestamp': timestamp,
    'X-Fal-Webhook-Signature': sign(null, Buffer.from(message), privateKey).toString('hex'),
  };
}

const delivery = (
  name: string,
  body: string,
  expected: DeliverySample['expect'],
  headerId?: string,
): DeliverySample => ({
  name,
  body,
  headers: signed(body, headerId),
  receivedAt: NOW,
  authenticity: { kind: 'signed', covers: 'body', keyId: 'contract' },
  expect: expected,
});

const files = [{ url: 'https://v3.fal.media/files/HbWohnXwwF/out.png', kind: 'image' as const }];
const succeeded = { externalId: ID, status: 'succeeded' as const, result: { files } };

testProviderContract<FalInput>(
  'fal',
  {
    make: () => fal({ apiKey: KEY, signature: { keys } }),
    secrets: [KEY],
    submit: {
      model: 'fal-ai/flux/dev',
      input: { prompt: 'a paper boat on a canal' },
      accepted: answer('submitted'),
      externalId: ID,
      answers: [
        {
          name: 'a refusal with reasons',
          answer: answer('result-failed', 422),
          expect: { kind: 'refused', error: { code: 'invalid_request', message: 'field required' } },
        },
        {
          name: 'an answer without an id',
          answer: { body: { status: 'IN_QUEUE' } },
          expect: { kind: 'unclear', error: { code: 'no_task_id' } },
        },
      ],
    },
    status: {
      externalId: ID,
      model: 'fal-ai/flux/dev',
      pending: answer('queue-in-queue'),
      answers: [
        {
          name: 'IN_QUEUE',
          answer: answer('queue-in-queue'),
          expect: { externalId: ID, status: 'pending', providerStatus: 'IN_QUEUE' },
        },
        { name: 'IN_PROGRESS', answer: answer('queue-in-progress'), expect: { status: 'running' } },
        { name: 'COMPLETED with a result', answer: completed(answer('result')), expect: succeeded },
        {
          name: 'COMPLETED with a failure',
          answer: completed(answer('result-failed', 422)),
          expect: { status: 'failed', error: { code: 'failed', message: 'field required' } },
        },
        {
          name: 'COMPLETED, the result not to be had',
          answer: completed({ status: 500, body: {} }),
          expect: { failure: 'http_500' },
        },
        {
          name: 'COMPLETED, the result gone',
          answer: completed({ status: 404, body: {} }),
          expect: { failure: 'not_found' },
        },
        {
          name: 'COMPLETED, the key refused',
          answer: completed({ status: 401, body: {} }),
          expect: { failure: 'unauthorized' },
        },
        { name: 'COMPLETED, no JSON', answer: completed({ body: '<html>' }), expect: { failure: 'unreadable' } },
        {
          name: 'a status nobody listed',
          answer: { body: { status: 'PAUSED' } },
          expect: { status: 'pending', unknownStatus: true },
        },
        {
          name: 'a task without a model',
          model: 'nothing',
          answer: answer('queue-in-queue'),
          expect: { failure: 'no_model' },
        },
      ],
    },
    deliveries: [
      delivery('OK', fixture('webhook-ok'), [succeeded]),
      delivery('OK without its payload, which the queue has', fixture('webhook-ok-without-payload'), [
        { externalId: ID, status: 'succeeded', thin: true },
      ]),
      delivery('ERROR with reasons', fixture('webhook-error'), [
        { externalId: ID, status: 'failed', error: { code: 'failed', message: 'field required' } },
      ]),
      delivery('ERROR with a text', fixture('webhook-error-text'), [
        { status: 'failed', error: { message: 'Internal Server Error' } },
      ]),
      delivery(
        'one whose header has the gateway id',
        fixture('webhook-error-text'),
        [{ externalId: ID }],
        '5b4a8f0e-0000-4ba0-a2b6-ec29a990ea3f',
      ),
      delivery('one whose header names another request', fixture('webhook-ok'), 'unparseable', 'another'),
      delivery('a status nobody listed', fixture('webhook-ok').replace('"OK"', '"LATER"'), [
        { status: 'pending', unknownStatus: true },
      ]),
      delivery('no webhook', '{"hello":1}', 'unparseable'),
      {
        ...delivery('one without a signature', fixture('webhook-ok'), [succeeded]),
        headers: {},
        authenticity: { kind: 'forged' },
      },
      {
        ...delivery('one that is six minutes old', fixture('webhook-ok'), [succeeded]),
        receivedAt: NOW + 360_000,
        authenticity: { kind: 'forged' },
      },
    ],
  },
  { describe, it, expect },
);
