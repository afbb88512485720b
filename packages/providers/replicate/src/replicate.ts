import {
  jsonOf,
  optionalSignature,
  type Provider,
  type ProviderLimits,
  providerApi,
  type Secrets,
  standardWebhooksSignature,
  unparseable,
  unsendable,
} from '@tasklatch/core';
import { replicateLimits } from './limits.js';
import { readPrediction } from './prediction.js';
import { submitPath } from './submit-path.js';

export interface ReplicateOptions {
  /** The API token. It stays inside the provider. Typed like `process.env.…`; a missing one throws `invalid_options`. */
  readonly apiKey: string | undefined;
  /**
   * The signing secret (`whsec_…`) of the account, from `GET /v1/webhooks/default/secret`; several during a rotation. Without it a webhook
   * is a hint, and a status check decides. Present but undefined throws `invalid_options`.
   */
  readonly webhookSecret?: Secrets | undefined;
  /** Accepted age of a webhook in seconds. Replicate gives no number. Default 300. */
  readonly toleranceS?: number;
  /** Which webhooks are asked for. Default `["completed"]`; the others are never retried, and checks show progress too. */
  readonly events?: readonly ReplicateEvent[];
  /** Default `https://api.replicate.com`. */
  readonly baseUrl?: string;
  /** Name of the provider, where one app uses two accounts. Default `replicate`. */
  readonly name?: string;
  /** Replaces single limits. */
  readonly limits?: ProviderLimits;
}

export type ReplicateEvent = 'start' | 'output' | 'logs' | 'completed';

/** The `input` of a prediction: differs from model to model and goes out as it is. */
export type ReplicateInput = Readonly<Record<string, unknown>>;

/**
 * Replicate predictions. The task's `model` is `owner/name` (an official model), `owner/name:version`, a version id, or
 * `deployments/owner/name`. Throws `invalid_options`.
 */
export function replicate(options: ReplicateOptions): Provider<ReplicateInput> {
  const {
    apiKey,
    baseUrl = 'https://api.replicate.com',
    events = ['completed'],
    name = 'replicate',
    limits = {},
  } = options;
  const api = providerApi({ provider: 'replicate()', apiKey, baseUrl });
  const signature = optionalSignature(standardWebhooksSignature, options, 'webhookSecret');
  const read = (json: unknown) => readPrediction(json, api.words);

  return {
    name,
    async submit({ model, input, callbackUrl }, io) {
      const target = submitPath(model);
      if (target === undefined)
        return unsendable(
          'Replicate needs a model: owner/name, owner/name:version, a version id or deployments/owner/name.',
        );
      const webhook = callbackUrl === undefined ? {} : { webhook: callbackUrl, webhook_events_filter: events };
      return api.submit(io, { path: target.path, body: { ...target.body, input, ...webhook }, read });
    },
    status: (externalId, _task, io) => api.check(io, { externalId, path: (id) => `/v1/predictions/${id}`, read }),
    callbacks: {
      perTask: true,
      needsExactBody: signature !== undefined,
      authenticate: (delivery) => signature?.verify(delivery) ?? { kind: 'token' },
      // The body is the bare prediction, without an event name: output and logs events are `processing`, like `start`.
      parse(delivery) {
        const task = read(jsonOf(delivery.body));
        if (task === undefined) throw unparseable('The body is no Replicate prediction: no id, no status, or no JSON.');
        return [task];
      },
    },
    limits: { ...replicateLimits, ...limits },
  };
}
