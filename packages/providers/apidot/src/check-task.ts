import { type ProviderApi, type ProviderFact, ProviderFailure, type ProviderIo, type Task } from '@tasklatch/core';
import { errorCodeIn, readTask } from './apidot-message.js';
import { apidotFamily } from './families.js';

/**
 * Asks `status`, which the docs give for every task. For music the detail endpoint is asked too once the task is finished: it
 * has what `status` may lack (variants, titles, lyrics). Which of the two knows a music task is undocumented, so a music task, or
 * one of an unknown model, that `status` does not know or shows without files is looked for there as well.
 */
export async function checkTask(
  api: ProviderApi,
  externalId: string,
  task: Task,
  io: ProviderIo,
): Promise<ProviderFact> {
  const family = apidotFamily(task.model);
  const maybeMusic = family === 'music' || family === undefined;
  const ask = (path: (id: string) => string): Promise<ProviderFact> =>
    api.check(io, {
      externalId,
      path,
      statusIn: errorCodeIn,
      read(json) {
        const fact = readTask(json, api.words);
        // The docs always name the status. An answer without one is no word about the task.
        return fact?.status === null ? undefined : fact;
      },
    });
  const detail = () => ask((id) => `/api/generate/detail/music?task_id=${id}`);

  let fact: ProviderFact;
  try {
    fact = await ask((id) => `/api/generate/status/${id}`);
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
