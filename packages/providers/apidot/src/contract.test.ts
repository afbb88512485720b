import type { ResultFile } from '@tasklatch/core';
import { type CannedAnswer, type DeliverySample, type SeenRequest, testProviderContract } from '@tasklatch/testing';
import { describe, expect, it } from 'vitest';
import { type ApidotInput, apidot } from './apidot.js';
import { fixture } from './fixture.js';

const KEY = 'sk-apidot-contract-0123456789';
const UNIFIED = 'task-unified-1757165031-uyujaw3d';
const MUSIC = 'task-music-1757165031-uyujaw3d';
const SISTER = '8FDN1I7M7Q68DDG8';

const answers = (name: string, status = 200): CannedAnswer => ({ status, body: fixture(name) });
const file = (url: string, kind: ResultFile['kind']): ResultFile => ({ url, kind });
const png = { files: [file('https://example.com/generated-image.png', 'image')] };
const policy = { code: 'failed', message: 'The prompt violates our content policy' };

/** `status` says one thing, the music detail endpoint another. */
const both = (status: CannedAnswer, detail: CannedAnswer) => (request: SeenRequest) =>
  request.path.startsWith('/api/generate/detail/music?task_id=') ? detail : status;

const refused = (code: string, message: string | null) => ({ kind: 'refused' as const, error: { code, message } });
const accepted = (externalId: string, status: 'pending' | 'running', providerStatus: string | null) => ({
  kind: 'accepted' as const,
  fact: { externalId, status, providerStatus },
});

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
    submit: {
      model: 'gpt-image-2',
      input: { prompt: 'A red paper boat on still water' },
      accepted: answers('submit-response-image'),
      externalId: UNIFIED,
      answers: [
        {
          name: 'a video',
          answer: answers('submit-response-video'),
          expect: accepted(UNIFIED, 'pending', 'not_started'),
        },
        { name: 'music', answer: answers('submit-response-music'), expect: accepted(MUSIC, 'pending', 'not_started') },
        {
          name: '3D',
          answer: answers('submit-response-3d'),
          expect: accepted('task-unified-example', 'pending', 'not_started'),
        },
        {
          name: 'code 0, no status',
          answer: answers('submit-response-code-zero'),
          expect: accepted('FDR7H8Y7JAL97KCV', 'pending', null),
        },
        {
          name: 'no status',
          answer: answers('submit-response-no-status'),
          expect: accepted('FDR7H8Y7JAL97KCV', 'pending', null),
        },
        {
          name: 'running at once',
          answer: answers('submit-response-running.sister'),
          expect: accepted(UNIFIED, 'running', 'running'),
        },
        {
          name: 'a task that claims to be finished at once',
          answer: { body: { code: 200, data: { task_id: 'a', status: 'finished' } } },
          expect: {
            kind: 'accepted',
            fact: { externalId: 'a', status: 'pending', providerStatus: 'finished', unknownStatus: true },
          },
        },
        {
          name: '400',
          answer: answers('error-400', 400),
          expect: refused('invalid_request', 'image_urls is required for gpt-image-2-edit'),
        },
        {
          name: '400 with a mode conflict',
          answer: answers('error-400-mode-conflict', 400),
          expect: refused('invalid_request', 'image_urls and reference_*_urls cannot be used together'),
        },
        {
          name: '400 for lyrics',
          answer: answers('error-400-lyrics', 400),
          expect: refused(
            'invalid_request',
            'lyrics is required when lyrics_optimizer and is_instrumental are both false',
          ),
        },
        {
          name: '400 as detail',
          answer: answers('error-400-detail.sister', 400),
          expect: refused('invalid_request', 'prompt is required'),
        },
        {
          name: '400 that means credits',
          answer: { status: 400, body: { detail: 'Insufficient credits' } },
          expect: refused('insufficient_credits', 'Insufficient credits'),
        },
        {
          name: '401',
          answer: answers('error-401', 401),
          expect: refused('unauthorized', 'Unauthorized - Invalid API key'),
        },
        {
          name: '401 as detail',
          answer: answers('error-401-detail.sister', 401),
          expect: refused('unauthorized', 'Invalid API key'),
        },
        {
          name: '402',
          answer: answers('error-402', 402),
          expect: refused('insufficient_credits', 'Insufficient credits'),
        },
        {
          name: '402 without a code',
          answer: answers('error-402-chat', 402),
          expect: refused('insufficient_credits', 'Insufficient credits to process this request'),
        },
        {
          name: '402 inside HTTP 200',
          answer: answers('error-business-code-in-http-200'),
          expect: refused('insufficient_credits', 'Insufficient credits'),
        },
        {
          name: '429 inside HTTP 200',
          answer: answers('error-429'),
          expect: { kind: 'notSent', error: { code: 'rate_limited' } },
        },
        {
          name: '500 inside HTTP 200',
          answer: answers('error-500'),
          expect: { kind: 'unclear', error: { code: 'http_500' } },
        },
        { name: '403', answer: { status: 403, body: '' }, expect: refused('forbidden', null) },
        { name: '404', answer: answers('error-404', 404), expect: refused('not_found', 'Task not found') },
        {
          name: '404 as detail',
          answer: answers('error-404-detail.sister', 404),
          expect: refused('not_found', 'Task not found'),
        },
        {
          name: '422 with a list',
          answer: answers('error-422-detail-array.sister', 422),
          expect: refused('invalid_request', null),
        },
        {
          name: '422 with an object',
          answer: { status: 422, body: { detail: { msg: 'no', input: { prompt: 'x' } } } },
          expect: refused('invalid_request', 'no'),
        },
        {
          name: '408 in plain text',
          answer: { status: 408, body: 'Request timeout' },
          expect: { kind: 'unclear', error: { code: 'timeout', message: 'Request timeout' } },
        },
        {
          name: '429',
          answer: answers('error-429', 429),
          expect: { kind: 'notSent', error: { code: 'rate_limited', message: 'Rate limit exceeded' } },
        },
        {
          name: '429 as detail',
          answer: answers('error-429-detail.sister', 429),
          expect: { kind: 'notSent', error: { code: 'rate_limited' } },
        },
        {
          name: '429 that says in words how long',
          answer: {
            status: 429,
            body: { code: 429, error: { message: 'Rate limit exceeded, try again in 12 seconds' } },
          },
          expect: { kind: 'notSent', retryAfterMs: 12_000 },
        },
        { name: '500', answer: answers('error-500', 500), expect: { kind: 'unclear', error: { code: 'http_500' } } },
        { name: '502', answer: answers('error-502', 502), expect: { kind: 'unclear', error: { code: 'http_502' } } },
        { name: '503', answer: answers('error-503', 503), expect: { kind: 'unclear', error: { code: 'http_503' } } },
        {
          name: 'an id that no URL can carry',
          answer: { body: { code: 200, data: { task_id: '..' } } },
          expect: { kind: 'unclear', error: { code: 'no_task_id' } },
        },
        {
          name: 'an id that is a number',
          answer: { body: { code: 200, data: { task_id: 7 } } },
          expect: { kind: 'unclear' },
        },
        { name: 'two ids', answer: { body: { task_id: 'a', data: { task_id: 'b' } } }, expect: { kind: 'unclear' } },
      ],
    },
    status: {
      externalId: UNIFIED,
      model: 'gpt-image-2',
      pending: answers('status-running'),
      answers: [
        {
          name: 'not_started',
          answer: answers('status-not_started'),
          expect: { externalId: UNIFIED, status: 'pending', providerStatus: 'not_started', progress: 0 },
        },
        {
          name: 'running',
          answer: answers('status-running'),
          expect: { status: 'running', providerStatus: 'running', progress: 45 },
        },
        {
          name: 'a status that no page lists',
          answer: answers('status-processing-unlisted'),
          expect: { status: 'pending', providerStatus: 'processing', unknownStatus: true, progress: 10 },
        },
        {
          name: 'an image',
          externalId: 'FDR7H8Y7JAL97KCV',
          answer: answers('status-finished-image'),
          expect: {
            status: 'succeeded',
            result: { files: [file('https://storage.apidot.ai/images/FDR7H8Y7JAL97KCV/example.png', 'image')] },
          },
        },
        {
          name: 'a video',
          externalId: 'FDR7H8Y7JAL97KCV',
          model: 'veo3.1-fast',
          answer: answers('status-finished-video'),
          expect: {
            status: 'succeeded',
            result: { files: [file('https://storage.apidot.ai/videos/FDR7H8Y7JAL97KCV/example.mp4', 'video')] },
          },
        },
        {
          name: '3D',
          model: 'meshy-6-text-to-3d',
          answer: answers('status-finished-3d'),
          expect: {
            status: 'succeeded',
            result: { files: [file('https://example.com/generated-model.glb', 'model')] },
          },
        },
        {
          name: 'several images',
          answer: answers('status-finished-multiple-images'),
          expect: {
            result: {
              files: [
                file('https://example.com/generated-1.png', 'image'),
                file('https://example.com/generated-2.png', 'image'),
              ],
            },
          },
        },
        {
          name: 'rich files of a sister',
          answer: answers('status-finished-rich-files.sister'),
          expect: {
            result: {
              files: [file('https://example.com/model.glb', 'model'), file('https://example.com/preview.png', 'image')],
            },
          },
        },
        {
          name: 'fields only the site knows',
          answer: answers('status-finished-site-extras'),
          expect: { result: { files: [file('https://example.com/generated.png', 'image')] } },
        },
        ...(['image', 'video', 'audio', '3d'] as const).map((family) => ({
          name: `${family} in output.files`,
          externalId: 'task-unified-example',
          answer: answers(`status-finished-${family}.output-files`),
          expect: {
            status: 'succeeded' as const,
            result: { files: [{ kind: family === '3d' ? ('model' as const) : family }] },
          },
        })),
        {
          name: 'failed',
          answer: answers('status-failed'),
          expect: { status: 'failed', providerStatus: 'failed', error: policy },
        },
        {
          name: 'failed without progress',
          externalId: SISTER,
          answer: answers('status-failed-no-progress.sister'),
          expect: { status: 'failed', error: policy },
        },
        {
          name: 'finished without files: no success',
          answer: { body: { code: 200, data: { task_id: UNIFIED, status: 'finished', files: [] } } },
          expect: { status: 'pending', providerStatus: 'finished', unknownStatus: true },
        },
        {
          name: 'finished with links that are none',
          answer: {
            body: {
              code: 200,
              data: {
                task_id: UNIFIED,
                status: 'finished',
                files: [{ file_url: 'javascript:alert(1)', file_type: 'image' }, { file_url: '/a.png' }],
              },
            },
          },
          expect: { status: 'pending', unknownStatus: true },
        },
        {
          name: 'music by status alone, where the detail endpoint does not know it',
          externalId: MUSIC,
          model: 'minimax-music-2.6',
          answer: both(answers('status-finished-audio'), answers('error-404', 404)),
          expect: {
            status: 'succeeded',
            result: { files: [file('https://example.com/generated-music.mp3', 'audio')] },
          },
        },
        {
          name: 'music with its detail',
          externalId: MUSIC,
          model: 'minimax-music-2.6',
          answer: both(answers('status-finished-audio'), answers('music-detail-finished-minimax')),
          expect: {
            status: 'succeeded',
            result: {
              files: [file('https://example.com/audio/example.mp3', 'audio')],
              data: { items: [{ audio_id: 'audio-example-1', title: 'Still Water', duration: 132 }] },
            },
          },
        },
        {
          name: 'music of a model nobody has heard of, finished without files in status',
          externalId: SISTER,
          model: 'music-of-tomorrow',
          answer: both(
            { body: { code: 200, data: { task_id: SISTER, status: 'finished', files: [] } } },
            answers('music-detail-finished-stems.sister'),
          ),
          expect: {
            result: { files: [file('https://example.com/v.mp3', 'audio'), file('https://example.com/i.mp3', 'audio')] },
          },
        },
        {
          name: 'music that status does not know',
          externalId: SISTER,
          model: 'generate-music',
          answer: both(answers('error-404-detail.sister', 404), answers('music-detail-finished-generate.sister')),
          expect: {
            result: {
              files: [
                file('https://example.com/audio/v1.mp3', 'audio'),
                file('https://example.com/audio/v1.jpeg', 'image'),
                file('https://example.com/audio/v2.mp3', 'audio'),
                file('https://example.com/audio/v2.jpeg', 'image'),
              ],
              data: {
                items: [{ audio_id: '11111111-1111-4111-8111-111111111111', tags: 'Classical' }, { duration: 130 }],
              },
            },
          },
        },
        {
          name: 'running music',
          externalId: MUSIC,
          model: 'generate-music',
          answer: both(answers('error-404', 404), answers('music-detail-running')),
          expect: { status: 'running' },
        },
        {
          name: 'failed music',
          externalId: SISTER,
          model: 'generate-music',
          answer: both(answers('error-404', 404), answers('music-detail-failed.sister')),
          expect: { status: 'failed', error: policy },
        },
        {
          name: 'the detail of another task',
          externalId: MUSIC,
          model: 'generate-music',
          answer: both(answers('status-finished-audio'), answers('music-detail-finished-generate.sister')),
          expect: { result: { files: [file('https://example.com/generated-music.mp3', 'audio')] } },
        },
        { name: 'a task nobody knows', answer: answers('error-404', 404), expect: { failure: 'not_found' } },
        {
          name: 'a music task nobody knows',
          model: 'generate-music',
          answer: answers('error-404-detail.sister', 404),
          expect: { failure: 'not_found' },
        },
        {
          name: 'another task',
          externalId: 'some-other-id',
          answer: answers('status-finished-3d'),
          expect: { failure: 'other_task' },
        },
        {
          name: 'an error code inside HTTP 200',
          answer: answers('error-business-code-in-http-200'),
          expect: { failure: 'insufficient_credits' },
        },
        {
          name: 'an error code beside a task',
          answer: { body: { code: 500, data: { task_id: UNIFIED, status: 'failed' } } },
          expect: { failure: 'http_500' },
        },
        {
          name: 'a task without a status',
          answer: { body: { code: 200, data: { task_id: UNIFIED } } },
          expect: { failure: 'unreadable_answer' },
        },
        { name: '401', answer: answers('error-401', 401), expect: { failure: 'unauthorized' } },
      ],
    },
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
