import type { CannedAnswer, SeenRequest, StatusSample } from '@tasklatch/testing';
import { answers, file, MUSIC, policy, SISTER, UNIFIED } from './samples.js';

/** `status` says one thing, the music detail endpoint another. */
const both = (status: CannedAnswer, detail: CannedAnswer) => (request: SeenRequest) =>
  request.path.startsWith('/api/generate/detail/music?task_id=') ? detail : status;

/** Status and music detail answers, and what each must be read as. */
export const statusSamples: StatusSample = {
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
      expect: { failure: 'unreadable' },
    },
    { name: '401', answer: answers('error-401', 401), expect: { failure: 'unauthorized' } },
  ],
};
