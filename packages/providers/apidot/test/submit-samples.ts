import type { SubmitSample } from '@tasklatch/testing';
import type { ApidotInput } from '../src/apidot.js';
import { answers, MUSIC, UNIFIED } from './samples.js';

const refused = (code: string, message: string | null) => ({ kind: 'refused' as const, error: { code, message } });
const accepted = (externalId: string, status: 'pending' | 'running', providerStatus: string | null) => ({
  kind: 'accepted' as const,
  fact: { externalId, status, providerStatus },
});

/** Submit answers, and what each must be read as. */
export const submitSamples: SubmitSample<ApidotInput> = {
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
      expect: refused('invalid_request', 'lyrics is required when lyrics_optimizer and is_instrumental are both false'),
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
};
