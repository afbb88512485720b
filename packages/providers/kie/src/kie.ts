import {
  kieSignature,
  optionalSignature,
  type Provider,
  type ProviderLimits,
  providerApi,
  type Secrets,
  unparseable,
  unsendable,
} from '@tasklatch/core';
import { errorCodeIn, readCallback, readRecord, readSubmitted } from './kie-message.js';
import { kieLimits } from './limits.js';

export interface KieOptions {
  /** The API key. It stays inside the provider. Typed like `process.env.…`; a missing one throws `invalid_options`. */
  readonly apiKey: string | undefined;
  /** The `webhookHmacKey` of the settings, if one was made there; several during a rotation. Present but undefined throws. */
  readonly webhookHmacKey?: Secrets | undefined;
  /** Accepted distance of a callback's timestamp from the clock, in seconds. Kie.ai gives no number. Default 300. */
  readonly toleranceS?: number;
  /** Default `https://api.kie.ai`. */
  readonly baseUrl?: string;
  /** Name of the provider, where one app uses two accounts. Default `kie`. */
  readonly name?: string;
  /** Replaces single limits. */
  readonly limits?: ProviderLimits;
}

/** The `input` of a task: differs from model to model and goes out as it is. */
export type KieInput = Readonly<Record<string, unknown>>;

/**
 * Kie.ai's market models: `jobs/createTask` and `jobs/recordInfo`. A callback is always a hint, signed or not, since its signature covers
 * the task id and not the body: a check decides. The families with endpoints of their own (Suno, Veo, …) are not covered.
 */
export function kie(options: KieOptions): Provider<KieInput> {
  const { apiKey, baseUrl = 'https://api.kie.ai', name = 'kie', limits = {} } = options;
  const api = providerApi({ provider: 'kie()', apiKey, baseUrl });
  const scheme = optionalSignature(kieSignature, options, 'webhookHmacKey');

  return {
    name,
    async submit({ model, input, callbackUrl }, io) {
      if (model === null) return unsendable('Kie.ai needs a model.');
      return api.submit(io, {
        path: '/api/v1/jobs/createTask',
        // JSON leaves out what is undefined.
        body: { model, input, callBackUrl: callbackUrl },
        read: readSubmitted,
        statusIn: errorCodeIn,
      });
    },
    status: (externalId, _task, io) =>
      api.check(io, {
        externalId,
        path: (id) => `/api/v1/jobs/recordInfo?taskId=${id}`,
        statusIn: errorCodeIn,
        read: (json) => readRecord(json, api.words),
      }),
    callbacks: {
      perTask: true,
      needsExactBody: false,
      confirm: 'always',
      authenticate: (delivery) => scheme?.verify(delivery) ?? { kind: 'token' },
      parse(delivery) {
        const fact = readCallback(delivery.body);
        if (fact === undefined) throw unparseable('The body is no Kie.ai callback: not one task id, or no JSON.');
        return [fact];
      },
    },
    limits: { ...kieLimits, ...limits },
  };
}
