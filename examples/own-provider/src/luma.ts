import { filesIn, isExternalId, jsonOf, type Provider, providerApi, type ToldTask, unparseable } from '@tasklatch/core';
import { z } from 'zod';

const generation = z.object({
  id: z.custom<string>(isExternalId),
  state: z.string().max(100),
  assets: z.unknown().optional(),
  failure_reason: z.unknown().optional(),
});

const STATES = new Map<string, ToldTask['status']>([
  ['queued', 'pending'],
  ['dreaming', 'running'],
  ['completed', 'succeeded'],
  ['failed', 'failed'],
]);

/** Luma's Dream Machine. The task's `model` goes out as it is; `kind` in the input is `video` or `image`. */
export function luma(options: { apiKey: string | undefined; baseUrl?: string }): Provider<{ kind: 'video' | 'image' }> {
  const api = providerApi({ provider: 'luma()', baseUrl: 'https://api.lumalabs.ai', ...options });
  const path = '/dream-machine/v1/generations';

  // Submits, checks and callbacks all show the whole generation.
  function read(body: unknown): ToldTask | undefined {
    const told = generation.safeParse(body);
    if (!told.success) return undefined;
    const { id: externalId, state: providerStatus, assets, failure_reason } = told.data;
    const status = STATES.get(providerStatus);
    if (status === undefined) return { externalId, providerStatus, status: 'pending', unknownStatus: true };
    if (status === 'succeeded') return { externalId, providerStatus, status, result: { files: filesIn(assets) } };
    const error = status === 'failed' ? { code: 'failed', message: api.words(failure_reason) } : null;
    return { externalId, providerStatus, status, error };
  }

  return {
    name: 'luma',
    submit: ({ model, input: { kind, ...input }, callbackUrl }, io) =>
      api.submit(io, {
        path: `${path}/${kind}`,
        body: { ...input, model, callback_url: callbackUrl },
        read,
      }),
    status: (externalId, _task, io) => api.check(io, { externalId, path: (id) => `${path}/${id}`, read }),
    callbacks: {
      perTask: true,
      // No signature is documented: the token in the URL names the task, and a check says what became of it.
      authenticate: () => ({ kind: 'token' }),
      needsExactBody: false,
      parse({ body }) {
        const task = read(jsonOf(body));
        if (task === undefined) throw unparseable('The body is no Luma generation.');
        return [task];
      },
    },
    // Luma comes three times within half a second, then never again. How long files live is undocumented.
    limits: { retryWindowMs: 300, checks: () => ({ firstWithCallbackMs: 60_000, capMs: 120_000 }) },
  };
}
