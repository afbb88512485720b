import {
  failedSubmit,
  noAnswer,
  type ProviderIo,
  retryAfterMs,
  type SubmitAnswer,
  type SubmitRequest,
  sendOnce,
} from '@tasklatch/core';
import { type ApidotAccess, MAX_ANSWER_BYTES } from './access.js';
import { errorOf, jsonOf, secondsAsked } from './answer-error.js';
import type { ApidotInput } from './apidot.js';
import { errorCodeIn, readSubmitted } from './task-message.js';

/** One POST, and which of the four kinds of outcome it had. */
export async function submitTask(
  access: ApidotAccess,
  request: SubmitRequest<ApidotInput>,
  io: ProviderIo,
): Promise<SubmitAnswer> {
  const body = bodyOf(request);
  if (body === undefined) {
    const message = 'Not sent: APIDot needs a model and an input that is a JSON object.';
    return { kind: 'refused', error: { code: 'invalid_request', message } };
  }
  const headers = {
    authorization: access.authorization(),
    'content-type': 'application/json',
    accept: 'application/json',
  };
  const sent = await sendOnce(io, `${access.baseUrl}/api/generate/submit`, {
    headers,
    body,
    maxBytes: MAX_ANSWER_BYTES,
  });
  if (sent.kind !== 'answer') return noAnswer(sent);

  const { response } = sent;
  const good = response.status >= 200 && response.status < 300;
  const json = jsonOf(response);
  const status = (good ? errorCodeIn(json) : null) ?? response.status;
  if (good && status === response.status) {
    const fact = readSubmitted(json);
    return fact === undefined
      ? { kind: 'unclear', error: { code: 'no_task_id', message: null } }
      : { kind: 'accepted', fact };
  }
  const error = errorOf(status, response, [access.apiKey(), ...secretsOf(request.callbackUrl)]);
  const answer = failedSubmit({ ...response, status }, error, io.now());
  const asked =
    answer.kind === 'notSent'
      ? (answer.retryAfterMs ?? retryAfterMs(secondsAsked(error.message), io.now()))
      : undefined;
  return answer.kind === 'notSent' && asked !== undefined ? { ...answer, retryAfterMs: asked } : answer;
}

function bodyOf({ model, input, callbackUrl }: SubmitRequest<ApidotInput>): string | undefined {
  if (model === null || typeof input !== 'object' || input === null || Array.isArray(input)) return undefined;
  try {
    return JSON.stringify({ model, callback_url: callbackUrl, input });
  } catch {
    // A circular input or a BigInt: nothing that could be sent.
    return undefined;
  }
}

/** The callback URL and the token in it, which a provider may quote when it dislikes the URL. */
function secretsOf(callbackUrl: string | undefined): string[] {
  if (callbackUrl === undefined) return [];
  return [callbackUrl, ...callbackUrl.split(/[/?#&=]/).filter((part) => part.length >= 20)];
}
