import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ResultFile } from '@tasklatch/core';
import { type DeliverySample, testProviderContract } from '@tasklatch/testing';
import { describe, expect, it } from 'vitest';
import { type ReplicateInput, replicate } from './index.js';

const KEY = 'r8_contract_0123456789';
const SECRET = `whsec_${Buffer.alloc(24, 5).toString('base64')}`;
const ID = '50437776e4679f9e01466f83c0';
const NOW = 1_763_780_284_000;

const fixture = (name: string) => readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8');
const answer = (name: string, status = 200) => ({ status, body: fixture(name) });
const file = (path: string, kind: ResultFile['kind']) => ({ url: `https://replicate.delivery/xezq/a/${path}`, kind });

/** Signed by hand, as the page describes it. */
function signed(body: string, at = NOW) {
  const timestamp = String(at / 1000);
  const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64');
  const digest = createHmac('sha256', key).update(`msg_1.${timestamp}.`).update(body).digest('base64');
  return { 'webhook-id': 'msg_1', 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${digest}` };
}

const outcomes: [name: string, expected: object][] = [
  ['starting', { status: 'pending', providerStatus: 'starting' }],
  ['processing', { status: 'running', providerStatus: 'processing' }],
  ['succeeded-file', { status: 'succeeded', result: { files: [file('out.mp4', 'video')] } }],
  [
    'succeeded-files',
    { status: 'succeeded', result: { files: [file('out-0.webp', 'image'), file('out-1.webp', 'image')] } },
  ],
  [
    'succeeded-object',
    {
      status: 'succeeded',
      result: {
        files: [file('out.mp3', 'audio')],
        data: { output: { audio: 'https://replicate.delivery/xezq/a/out.mp3', bpm: 120 } },
      },
    },
  ],
  ['succeeded-text', { status: 'succeeded', result: { files: [], data: { output: ['A', ' paper', ' boat'] } } }],
  ['succeeded-removed', { status: 'succeeded', result: null }],
  ['failed', { status: 'failed', error: { code: 'failed', message: 'CUDA out of memory' } }],
  ['canceled', { status: 'canceled', error: { code: 'canceled', message: null } }],
  ['aborted', { status: 'canceled', error: { code: 'aborted', message: null } }],
];

const delivery = (name: string, body: string, expected: DeliverySample['expect']): DeliverySample => ({
  name,
  body,
  headers: signed(body),
  receivedAt: NOW,
  authenticity: { kind: 'signed', covers: 'body' },
  expect: expected,
});
const forged = (name: string, headers: Record<string, string>, receivedAt = NOW): DeliverySample => ({
  ...delivery(name, fixture('failed'), [{ externalId: ID, status: 'failed' }]),
  headers,
  receivedAt,
  authenticity: { kind: 'forged' },
});

testProviderContract<ReplicateInput>(
  'replicate',
  {
    make: () => replicate({ apiKey: KEY, webhookSecret: SECRET }),
    secrets: [KEY, SECRET],
    submit: {
      model: 'acme/painter',
      input: { prompt: 'a paper boat on a canal' },
      accepted: answer('starting', 201),
      externalId: ID,
      answers: [
        {
          name: 'a prediction that is done at once',
          answer: answer('succeeded-file', 201),
          expect: { kind: 'accepted', fact: { status: 'succeeded' } },
        },
        {
          name: 'words in detail',
          answer: { status: 422, body: { title: 'Invalid', detail: 'input: prompt is required' } },
          expect: { kind: 'refused', error: { code: 'invalid_request', message: 'input: prompt is required' } },
        },
        {
          name: 'a prediction without an id',
          answer: { status: 201, body: { status: 'starting' } },
          expect: { kind: 'unclear', error: { code: 'no_task_id' } },
        },
      ],
    },
    status: {
      externalId: ID,
      pending: answer('starting'),
      answers: [
        ...outcomes.map(([name, expected]) => ({
          name,
          answer: answer(name),
          expect: { externalId: ID, ...expected },
        })),
        { name: '404', answer: { status: 404, body: { detail: 'not found' } }, expect: { failure: 'not_found' } },
        {
          name: 'another prediction',
          answer: { body: fixture('failed').replaceAll(ID, 'another') },
          expect: { failure: 'other_task' },
        },
      ],
    },
    deliveries: [
      ...outcomes.map(([name, expected]) => delivery(name, fixture(name), [{ externalId: ID, ...expected }])),
      delivery('a status nobody listed', fixture('starting').replace('"starting"', '"queued"'), [
        { externalId: ID, status: 'pending', providerStatus: 'queued', unknownStatus: true },
      ]),
      delivery(
        'an event envelope, which Replicate does not send',
        `{"type":"completed","data":${fixture('failed')}}`,
        'unparseable',
      ),
      forged('one without a signature', {}),
      forged('one signed for another body', signed('{}')),
      forged('one that is six minutes old', signed(fixture('failed')), NOW + 360_000),
    ],
  },
  { describe, it, expect },
);
