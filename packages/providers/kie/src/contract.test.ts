import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type DeliverySample, testProviderContract } from '@tasklatch/testing';
import { describe, expect, it } from 'vitest';
import { type KieInput, kie } from './index.js';

const KEY = 'kie-contract-0123456789';
const HMAC_KEY = 'kie-hmac-key-0123456789';
const ID = '0589dc7880b50731b94fb1af7b7e27cb';
const SONG = 'd22e17127710c1c08bac69f49493220b';
const NOW = 1_771_785_440_000;

const fixture = (name: string) => readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8');
const answer = (name: string, status = 200) => ({ status, body: fixture(name) });

/** Signed by hand, as the page describes it: the task id and the time, nothing of the body. */
function signed(taskId: string, at = NOW) {
  const timestamp = String(at / 1000);
  const signature = createHmac('sha256', HMAC_KEY).update(`${taskId}.${timestamp}`).digest('base64');
  return { 'X-Webhook-Timestamp': timestamp, 'X-Webhook-Signature': signature };
}
const delivery = (name: string, body: string, taskId: string, expected: DeliverySample['expect']): DeliverySample => ({
  name,
  body,
  headers: signed(taskId),
  receivedAt: NOW,
  authenticity: { kind: 'signed', covers: 'id', externalId: taskId },
  expect: expected,
});
const forged = (sample: DeliverySample, headers: Record<string, string>): DeliverySample => ({
  ...sample,
  name: `${sample.name}, forged`,
  headers,
  authenticity: { kind: 'forged' },
});

const success = delivery('success', fixture('callback-success'), ID, [
  { externalId: ID, status: 'succeeded', providerStatus: 'success' },
]);
const refused = (code: string, message: string) => ({ kind: 'refused' as const, error: { code, message } });
const files = [{ url: 'https://file.example.test/7df918b51d82926b.png', kind: 'image' as const }];

testProviderContract<KieInput>(
  'kie',
  {
    make: () => kie({ apiKey: KEY, webhookHmacKey: HMAC_KEY }),
    secrets: [KEY, HMAC_KEY],
    submit: {
      model: 'acme/image',
      input: { prompt: 'a paper boat' },
      accepted: answer('submitted'),
      externalId: ID,
      answers: [
        {
          name: '402 inside HTTP 200',
          answer: answer('error-402'),
          expect: refused('insufficient_credits', 'Insufficient credits'),
        },
        {
          name: '402',
          answer: answer('error-402', 402),
          expect: refused('insufficient_credits', 'Insufficient credits'),
        },
        {
          name: '429 inside HTTP 200',
          answer: answer('error-429'),
          expect: { kind: 'notSent', error: { code: 'rate_limited' } },
        },
        {
          name: '501 inside HTTP 200',
          answer: answer('error-501'),
          expect: { kind: 'unclear', error: { code: 'http_501' } },
        },
        {
          name: '200 without an id',
          answer: { body: { code: 200, data: {} } },
          expect: { kind: 'unclear', error: { code: 'no_task_id' } },
        },
      ],
    },
    status: {
      externalId: ID,
      pending: answer('record-waiting'),
      answers: [
        {
          name: 'waiting',
          answer: answer('record-waiting'),
          expect: { externalId: ID, status: 'pending', providerStatus: 'waiting' },
        },
        { name: 'queuing', answer: answer('record-queuing'), expect: { status: 'pending' } },
        { name: 'generating', answer: answer('record-generating'), expect: { status: 'running' } },
        { name: 'success', answer: answer('record-success'), expect: { status: 'succeeded', result: { files } } },
        {
          name: 'success with something else',
          answer: answer('record-success-other'),
          expect: { status: 'succeeded', result: { files: [], data: { resultObject: { text: 'words' } } } },
        },
        {
          name: 'success with nothing',
          answer: answer('record-success-empty'),
          expect: { status: 'pending', providerStatus: 'success', unknownStatus: true },
        },
        {
          name: 'fail',
          answer: answer('record-fail'),
          expect: { status: 'failed', error: { code: '501', message: 'generation failed' } },
        },
        {
          name: 'a state nobody listed',
          answer: { body: fixture('record-waiting').replace('waiting', 'paused') },
          expect: { status: 'pending', unknownStatus: true },
        },
        { name: '429 inside HTTP 200', answer: answer('error-429'), expect: { failure: 'rate_limited' } },
        { name: '501 inside HTTP 200', answer: answer('error-501'), expect: { failure: 'http_501' } },
        {
          name: 'another task',
          answer: { body: fixture('record-fail').replaceAll(ID, 'another') },
          expect: { failure: 'other_task' },
        },
      ],
    },
    deliveries: [
      success,
      delivery('fail', fixture('callback-fail'), ID, [{ externalId: ID, status: 'failed' }]),
      delivery('Suno text', fixture('callback-suno-text'), SONG, [
        { externalId: SONG, status: 'running', providerStatus: 'text' },
      ]),
      delivery('Suno complete', fixture('callback-suno-complete'), SONG, [{ externalId: SONG, status: 'succeeded' }]),
      delivery('code 200 and nothing else', JSON.stringify({ code: 200, data: { taskId: ID } }), ID, [
        { externalId: ID, status: null },
      ]),
      delivery('code 531 and nothing else', JSON.stringify({ code: 531, data: { task_id: ID } }), ID, [
        { externalId: ID, status: 'failed' },
      ]),
      delivery('a state nobody listed', JSON.stringify({ code: 200, data: { taskId: ID, state: 'paused' } }), ID, [
        { status: 'pending', unknownStatus: true },
      ]),
      forged({ ...success, body: '{"code":200,"data":{}}', expect: 'unparseable', name: 'no task id' }, signed('')),
      forged(
        { ...success, body: '{"data":{"taskId":"a","task_id":"b"}}', expect: 'unparseable', name: 'two task ids' },
        signed('a'),
      ),
      forged(success, signed(SONG)),
      forged({ ...success, name: 'too old' }, signed(ID, NOW - 301_000)),
      forged({ ...success, name: 'unsigned' }, {}),
    ],
  },
  { describe, it, expect },
);
