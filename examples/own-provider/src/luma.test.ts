import { readFileSync } from 'node:fs';
import { providerApp, serveLoopback, testProviderContract } from '@tasklatch/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { luma } from './luma.js';
import { lumaStandIn } from './luma-stand-in.js';

const KEY = 'luma-contract-0123456789';
// The shape of the Generation object in the types of lumaai@1.19.1; values are ours.
const generation = (over: object) => ({ id: 'gen-1', state: 'queued', assets: null, failure_reason: null, ...over });
const completed = generation({ state: 'completed', assets: { video: 'https://storage.example.test/a.mp4' } });
const succeeded = {
  externalId: 'gen-1',
  status: 'succeeded' as const,
  result: { files: [{ url: 'https://storage.example.test/a.mp4', kind: 'video' as const }] },
};
const failed = { status: 'failed' as const, error: { code: 'failed', message: 'Frame moderation failed' } };
const failure = generation({ state: 'failed', failure_reason: 'Frame moderation failed' });

testProviderContract(
  'luma',
  {
    make: () => luma({ apiKey: KEY }),
    secrets: [KEY],
    submit: {
      model: 'ray-2',
      input: { kind: 'video' },
      accepted: { status: 201, body: generation({}) },
      externalId: 'gen-1',
    },
    status: {
      externalId: 'gen-1',
      pending: { body: generation({}) },
      answers: [
        { name: 'dreaming', answer: { body: generation({ state: 'dreaming' }) }, expect: { status: 'running' } },
        { name: 'completed', answer: { body: completed }, expect: succeeded },
        { name: 'failed', answer: { body: failure }, expect: failed },
        {
          name: 'a state nobody listed',
          answer: { body: generation({ state: 'x' }) },
          expect: { unknownStatus: true },
        },
      ],
    },
    deliveries: [
      { name: 'completed', body: JSON.stringify(completed), authenticity: { kind: 'token' }, expect: [succeeded] },
      { name: 'failed', body: JSON.stringify(failure), authenticity: { kind: 'token' }, expect: [failed] },
      { name: 'no generation', body: '{"id":"gen-1"}', authenticity: { kind: 'token' }, expect: 'unparseable' },
    ],
  },
  { describe, it, expect },
);

it('luma settles a task in a whole app, by its callback and a check', async () => {
  const api = await serveLoopback(lumaStandIn(), onTestFinished);
  const app = await providerApp(luma({ apiKey: KEY, baseUrl: api.origin }), {}, onTestFinished);
  const { id } = await app.latch.submit({ provider: 'luma', model: 'ray-2', input: { kind: 'video' }, key: 'k' });
  expect(await app.latch.wait(id, 20_000)).toMatchObject({
    status: 'succeeded',
    result: { files: [{ kind: 'video' }] },
  });
  await expect.poll(() => app.settled.length).toBe(1);
});

it('the page about writing a provider shows this very file', () => {
  const page = readFileSync(new URL('../../../docs/write-a-provider.md', import.meta.url), 'utf8');
  const source = readFileSync(new URL('luma.ts', import.meta.url), 'utf8').trimEnd();
  expect(page).toContain(`\`\`\`ts\n${source}\n\`\`\``);
  expect(source.split('\n').length).toBeLessThan(60);
});
