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
import { openaiLimits } from './limits.js';
import { isBatchId, readBatch, readEvent, readResponse } from './openai-message.js';

export interface OpenAIOptions {
  /** The API key. It stays inside the provider. Typed like `process.env.…`; a missing one throws `invalid_options`. */
  readonly apiKey: string | undefined;
  /** The signing secret (`whsec_…`) of the webhook endpoint; several during a rotation. Without it no webhook is taken. */
  readonly webhookSecret?: Secrets | undefined;
  /** Accepted distance of a webhook's timestamp from the clock, in seconds. Default 300, as in OpenAI's client. */
  readonly toleranceS?: number;
  /** Sent as `openai-organization` and `openai-project`. */
  readonly organization?: string;
  readonly project?: string;
  /** Default `https://api.openai.com`. */
  readonly baseUrl?: string;
  /** Name of the provider, where one app uses two projects. Default `openai`. */
  readonly name?: string;
  /** Replaces single limits. */
  readonly limits?: ProviderLimits;
}

/** With a `model`: the body of a response, which is made in the background. */
export type OpenAIResponseInput = Readonly<Record<string, unknown>>;

/** Without a `model`: a batch. */
export interface OpenAIBatchInput {
  readonly input_file_id: string;
  readonly endpoint: string;
  readonly completion_window: string;
  readonly [field: string]: unknown;
}

export type OpenAIInput = OpenAIResponseInput | OpenAIBatchInput;

/**
 * OpenAI's background responses and batches. Webhooks go to one URL that is registered with OpenAI, `{baseUrl}/openai`: a submit
 * carries none. Videos are not covered: OpenAI's guide says that its Videos API ended on 24 September 2026.
 */
export function openai(options: OpenAIOptions): Provider<OpenAIInput> {
  const { apiKey, baseUrl = 'https://api.openai.com', organization, project, name = 'openai', limits = {} } = options;
  const account = {
    ...(organization === undefined ? {} : { 'openai-organization': organization }),
    ...(project === undefined ? {} : { 'openai-project': project }),
  };
  const api = providerApi({
    provider: 'openai()',
    apiKey,
    baseUrl,
    headers: (key) => ({ authorization: `Bearer ${key}`, ...account }),
    // The answer holds the whole output, pictures in base64 included.
    maxBytes: 32 * 1024 * 1024,
  });
  const response = (json: unknown) => readResponse(json, api.words);
  const batch = (json: unknown) => readBatch(json, api.words);
  const scheme = optionalSignature(standardWebhooksSignature, options, 'webhookSecret');

  return {
    name,
    async submit({ model, input }, io) {
      if (typeof input !== 'object' || input === null || Array.isArray(input))
        return unsendable('The input must be an object.');
      return model === null
        ? api.submit(io, { path: '/v1/batches', body: input, read: batch })
        : api.submit(io, {
            path: '/v1/responses',
            body: { ...input, model, background: true },
            read: response,
          });
    },
    status: (externalId, _task, io) =>
      isBatchId(externalId)
        ? api.check(io, { externalId, path: (id) => `/v1/batches/${id}`, read: batch })
        : api.check(io, { externalId, path: (id) => `/v1/responses/${id}`, read: response }),
    ...(scheme && {
      callbacks: {
        perTask: false,
        needsExactBody: true,
        authenticate: (delivery) => scheme.verify(delivery),
        parse(delivery) {
          const facts = readEvent(jsonOf(delivery.body));
          if (facts === undefined) throw unparseable('The body is no OpenAI event: no type, no data.id, or no JSON.');
          return facts;
        },
      },
    }),
    limits: { ...openaiLimits, ...limits },
  };
}
