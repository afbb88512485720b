import {
  type Ed25519Options,
  falSignature,
  isExternalId,
  jsonOf,
  type Provider,
  type ProviderApi,
  type ProviderFact,
  ProviderFailure,
  type ProviderIo,
  type ProviderLimits,
  providerApi,
  type RawDelivery,
  unparseable,
  unsendable,
} from '@tasklatch/core';
import { appPath } from './app-path.js';
import { readDelivered, readQueued, readSubmitted, reasonsIn, resultOf } from './fal-message.js';
import { falLimits } from './limits.js';

export interface FalOptions {
  /** The API key. It stays inside the provider. Typed like `process.env.…`; a missing one throws `invalid_options`. */
  readonly apiKey: string | undefined;
  /** Where the public keys of the webhooks come from, and how long they are kept. Default: fal's documented address, at most a day. */
  readonly signature?: Ed25519Options;
  /** Default `https://queue.fal.run`. */
  readonly baseUrl?: string;
  /** Name of the provider, where one app uses two accounts. Default `fal`. */
  readonly name?: string;
  /** Replaces single limits. */
  readonly limits?: ProviderLimits;
}

const REQUEST_ID = 'x-fal-webhook-request-id';

/** The `input` of a request: differs from model to model and goes out as it is. */
export type FalInput = Readonly<Record<string, unknown>>;

/** fal's queue: `submit`, `status` (with the result) and signed webhooks. The task's `model` is its path, `fal-ai/flux/dev`. */
export function fal(options: FalOptions): Provider<FalInput> {
  const { apiKey, baseUrl = 'https://queue.fal.run', signature, name = 'fal', limits = {} } = options;
  const api = providerApi({ provider: 'fal()', apiKey, baseUrl, headers: (key) => ({ authorization: `Key ${key}` }) });
  const scheme = falSignature(signature);

  return {
    name,
    async submit({ model, input, callbackUrl }, io) {
      const path = appPath(model)?.submit;
      if (path === undefined) return unsendable('fal needs a model path like fal-ai/flux/dev.');
      const query = callbackUrl === undefined ? '' : `?fal_webhook=${encodeURIComponent(callbackUrl)}`;
      return api.submit(io, { path: path + query, body: input, read: readSubmitted });
    },
    status: (externalId, task, io) => check(api, externalId, task.model, io),
    callbacks: {
      perTask: true,
      needsExactBody: true,
      readsHeaders: [REQUEST_ID],
      authenticate: (delivery) => scheme.verify(delivery),
      parse: (delivery) => [parse(api, delivery)],
    },
    limits: { ...falLimits, ...limits },
  };
}

async function check(
  api: ProviderApi,
  externalId: string,
  model: string | null,
  io: ProviderIo,
): Promise<ProviderFact> {
  const path = appPath(model)?.requests;
  if (path === undefined) throw new ProviderFailure('no_model');
  const queued = await api.check(io, { externalId, path: (id) => `${path}/${id}/status`, read: readQueued });
  if (queued.status !== null) return queued;

  const answer = await api.get(io, `${path}/${encodeURIComponent(externalId)}`);
  const { status } = answer;
  const json = jsonOf(answer.text);
  const base = { externalId, providerStatus: 'COMPLETED' } as const;
  if (status === 200) {
    if (json === undefined || json === null) throw new ProviderFailure('unreadable');
    return { ...base, status: 'succeeded', result: resultOf(json) };
  }
  // The result call errors for a failed request; with which codes is undocumented. What speaks of the input is believed, what may be
  // about our key or the path (or, in `get`, about the moment) is not.
  if (status !== 400 && status !== 422) throw api.failure(answer);
  return { ...base, status: 'failed', error: { code: 'failed', message: api.words(reasonsIn(json)) } };
}

function parse(api: ProviderApi, delivery: RawDelivery): ProviderFact {
  const read = readDelivered(jsonOf(delivery.body));
  if (read === undefined) throw unparseable('The body is no fal webhook: no request_id, no status, or no JSON.');
  const { fact, gatewayId } = read;
  // Both are signed; that they differ is nothing fal documents, so a person should look.
  const named = delivery.header(REQUEST_ID);
  if (isExternalId(named) && named !== fact.externalId && named !== gatewayId) {
    throw unparseable('The request id in the header is not the one in the body.');
  }
  return fact.error ? { ...fact, error: { ...fact.error, message: api.words(fact.error.message) } } : fact;
}
