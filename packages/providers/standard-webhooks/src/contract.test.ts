import { createHmac } from 'node:crypto';
import { githubSignature, leonardoHeader } from '@tasklatch/core';
import { type DeliverySample, testProviderContract } from '@tasklatch/testing';
import { describe, expect, it } from 'vitest';
import { standardWebhooks } from './index.js';

const SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const NOW = 1_763_780_284_000;

function signed(body: string, id = 'msg_1', prefix = 'webhook') {
  const timestamp = String(NOW / 1000);
  const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64');
  const digest = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
  return { [`${prefix}-id`]: id, [`${prefix}-timestamp`]: timestamp, [`${prefix}-signature`]: `v1,${digest}` };
}
const delivery = (
  name: string,
  body: string,
  expected: DeliverySample['expect'],
  headers = signed(body),
): DeliverySample => ({
  name,
  body,
  headers,
  receivedAt: NOW,
  taskId: null,
  authenticity: { kind: 'signed', covers: 'body' },
  expect: expected,
});

const event = (type: string) => JSON.stringify({ type, data: { id: 'inv_1', total: 3 } });

testProviderContract(
  'standard-webhooks as it comes',
  {
    make: () => standardWebhooks({ name: 'billing', secret: SECRET }),
    secrets: [SECRET],
    deliveries: [
      delivery('an event', event('paid'), [
        { externalId: 'msg_1', status: 'succeeded', result: { files: [], data: { type: 'paid' } } },
      ]),
      delivery('a list', '[1,2]', [{ externalId: 'msg_1', result: { data: [1, 2] } }]),
      delivery('no JSON', 'hello', 'unparseable'),
      {
        ...delivery('one by another secret', event('paid'), [{}]),
        headers: signed('{}'),
        authenticity: { kind: 'forged' },
      },
    ],
  },
  { describe, it, expect },
);

testProviderContract(
  'standard-webhooks with Svix headers, paths and a table',
  {
    make: () =>
      standardWebhooks({
        name: 'billing',
        secret: SECRET,
        headers: 'svix',
        externalId: 'data.id',
        status: 'type',
        statuses: {
          'invoice.open': 'running',
          'invoice.paid': 'succeeded',
          'invoice.void': 'canceled',
          'customer.updated': null,
        },
      }),
    secrets: [SECRET],
    deliveries: [
      ...(
        [
          ['invoice.open', { status: 'running', providerStatus: 'invoice.open' }],
          ['invoice.paid', { status: 'succeeded', result: { data: { data: { total: 3 } } } }],
          [
            'invoice.void',
            { status: 'canceled', error: { code: 'canceled' }, result: { data: { data: { total: 3 } } } },
          ],
          ['customer.updated', { status: null }],
          ['invoice.lost', { status: 'pending', unknownStatus: true }],
        ] as const
      ).map(([type, expected]) =>
        delivery(type, event(type), [{ externalId: 'inv_1', ...expected }], signed(event(type), 'msg_2', 'svix')),
      ),
      delivery(
        'an event without an id',
        '{"type":"invoice.paid"}',
        'unparseable',
        signed('{"type":"invoice.paid"}', 'msg_3', 'svix'),
      ),
      delivery('an event without a type', '{"data":{"id":"a"}}', 'unparseable'),
    ],
  },
  { describe, it, expect },
);

const githubSecret = 'github-secret-0123456789';
const push = '{"repository":{"id":7},"after":"abc"}';

testProviderContract(
  'standard-webhooks with the signature of another sender',
  {
    make: () =>
      standardWebhooks({
        name: 'github',
        signature: githubSignature({ secret: githubSecret }),
        externalId: ({ header }) => header('x-github-delivery') ?? null,
        answers: { accepted: 202 },
      }),
    secrets: [githubSecret],
    deliveries: [
      {
        name: 'push',
        body: push,
        headers: {
          'x-hub-signature-256': `sha256=${createHmac('sha256', githubSecret).update(push).digest('hex')}`,
          'x-github-delivery': 'guid-1',
        },
        authenticity: { kind: 'signed', covers: 'body' },
        expect: [{ externalId: 'guid-1', status: 'succeeded' }],
      },
    ],
  },
  { describe, it, expect },
);

const shared = 'shared-value-0123456789';

testProviderContract(
  'standard-webhooks with a shared header value',
  {
    make: () =>
      standardWebhooks({
        name: 'leonardo',
        signature: leonardoHeader({ secret: shared }),
        externalId: 'data.object.id',
        confirm: 'never',
      }),
    secrets: [shared],
    deliveries: [
      {
        name: 'an image',
        body: '{"type":"image_generation.complete","data":{"object":{"id":"g1"}}}',
        headers: { authorization: `Bearer ${shared}` },
        authenticity: { kind: 'signed', covers: 'sender' },
        expect: [{ externalId: 'g1', status: 'succeeded' }],
      },
    ],
  },
  { describe, it, expect },
);
