import { type DeliverySample, testProviderContract } from '@tasklatch/testing';
import { describe, expect, it } from 'vitest';
import { fixture } from '../test/fixture.js';
import { file, policy, SISTER, UNIFIED } from '../test/samples.js';
import { statusSamples } from '../test/status-samples.js';
import { submitSamples } from '../test/submit-samples.js';
import { type ApidotInput, apidot } from './apidot.js';

const KEY = 'sk-apidot-contract-0123456789';
const png = { files: [file('https://example.com/generated-image.png', 'image')] };

const delivery = (name: string, expected: DeliverySample['expect']): DeliverySample => ({
  name: `${name}.json`,
  body: fixture(name),
  authenticity: { kind: 'token' },
  expect: expected,
});

testProviderContract<ApidotInput>(
  'apidot',
  {
    make: () => apidot({ apiKey: KEY }),
    secrets: [KEY],
    submit: submitSamples,
    status: statusSamples,
    deliveries: [
      delivery('callback-finished-flat', [{ externalId: UNIFIED, status: 'succeeded', result: png }]),
      delivery('callback-finished-wrapped', [{ externalId: UNIFIED, status: 'succeeded', result: png }]),
      delivery('callback-finished-flat-output-files', [{ externalId: UNIFIED, status: 'succeeded', result: png }]),
      delivery('callback-failed-flat', [{ externalId: UNIFIED, status: 'failed', error: policy }]),
      delivery('callback-failed-wrapped', [{ externalId: UNIFIED, status: 'failed', error: policy }]),
      delivery('callback-music-finished-wrapped.sister', [
        {
          externalId: SISTER,
          status: 'succeeded',
          result: {
            files: [
              file('https://example.com/audio/v1.mp3', 'audio'),
              file('https://example.com/audio/v1.jpeg', 'image'),
            ],
          },
        },
      ]),
      delivery('callback-missing-task-id', 'unparseable'),
    ],
  },
  { describe, it, expect },
);
