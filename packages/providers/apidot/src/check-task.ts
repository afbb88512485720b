import {
  type ProviderFact,
  ProviderFailure,
  type ProviderIo,
  retryAfterMs,
  sendOnce,
  type Task,
} from '@tasklatch/core';
import { type ApidotAccess, MAX_ANSWER_BYTES } from './access.js';
import { errorOf, hidden, jsonOf, secondsAsked } from './answer-error.js';
import { apidotFamily } from './families.js';
import { errorCodeIn, isTaskId, readTask } from './task-message.js';

/**
 * Asks `status`, which the docs give for every task. For music the detail endpoint is asked too once the task is finished: it
 * has what `status` may lack (variants, titles, lyrics). Which of the two knows a music task is undocumented, so a music task, or
 * one of an unknown model, that `status` does not know or shows without files is looked for there as well.
 */
export async function checkTask(
  access: ApidotAccess,
  externalId: string,
  task: Task,
  io: ProviderIo,
): Promise<ProviderFact> {
  if (!isTaskId(externalId)) throw new ProviderFailure('bad_task_id');
  const id = encodeURIComponent(externalId);
  const family = apidotFamily(task.model);
  const maybeMusic = family === 'music' || family === undefined;
  const detail = () => ask(access, `/api/generate/detail/music?task_id=${id}`, externalId, io);

  let fact: ProviderFact;
  try {
    fact = await ask(access, `/api/generate/status/${id}`, externalId, io);
  } catch (error) {
    if (maybeMusic && error instanceof ProviderFailure && error.code === 'not_found') return detail();
    throw error;
  }
  if (fact.providerStatus !== 'finished') return fact;
  if (fact.status !== 'succeeded') return maybeMusic ? detail() : fact;
  if (family !== 'music') return fact;
  return withDetail(fact, await detail().catch(unlessAborted(io)));
}

/** The detail of a music task over what `status` said; the files of `status` when the detail has none. */
function withDetail(fact: ProviderFact, detail: ProviderFact | undefined): ProviderFact {
  if (detail?.status !== 'succeeded' || !detail.result || !fact.result) return fact;
  if (detail.result.files.length > 0) return detail;
  return { ...fact, result: { ...detail.result, files: fact.result.files } };
}

/** The verdict is known without the detail, so its failure must not hold the task back. */
const unlessAborted = (io: ProviderIo) => (error: unknown) => {
  if (io.signal.aborted) throw error;
  return undefined;
};

async function ask(access: ApidotAccess, path: string, externalId: string, io: ProviderIo): Promise<ProviderFact> {
  const headers = { authorization: access.authorization(), accept: 'application/json' };
  const sent = await sendOnce(io, `${access.baseUrl}${path}`, { method: 'GET', headers, maxBytes: MAX_ANSWER_BYTES });
  if (sent.kind !== 'answer') throw new ProviderFailure(sent.code);

  const { response } = sent;
  const good = response.status >= 200 && response.status < 300;
  const json = jsonOf(response);
  const errorCode = good ? errorCodeIn(json) : response.status;
  if (errorCode !== null) {
    const { code, message } = errorOf(errorCode, response, []);
    const wait = retryAfterMs(response.headers.get('retry-after') ?? secondsAsked(message), io.now());
    throw new ProviderFailure(code, wait, errorCode === 429 || (errorCode === 503 && wait !== undefined));
  }
  const read = readTask(json);
  // The docs always name the id and the status. An answer without, or about another task, is no word about this one.
  if (read === undefined || read.fact.status === null) throw new ProviderFailure('unreadable_answer');
  if (read.fact.externalId !== externalId) throw new ProviderFailure('other_task');
  const { error } = read.fact;
  return error?.message
    ? { ...read.fact, error: { ...error, message: hidden(error.message, [access.apiKey()]) } }
    : read.fact;
}
