import {
  type Provider,
  type ProviderLimits,
  providerApi,
  type SubmitRequest,
  TasklatchError,
  unsendable,
} from '@tasklatch/core';
import { errorCodeIn, readDelivered, readSubmitted } from './apidot-message.js';
import { checkTask } from './check-task.js';
import { apidotLimits } from './limits.js';

export interface ApidotOptions {
  /** The API key (`sk-…`). It stays inside the provider. Typed like `process.env.…`; a missing one throws `invalid_options`. */
  readonly apiKey: string | undefined;
  /** Default `https://api.apidot.ai`. Another address serves for a proxy or for the emulator. */
  readonly baseUrl?: string;
  /**
   * APIDot signs no callback. `"always"` (default): a callback is a hint, and a status check with the API key decides. Its price is one
   * GET for each callback and a moment between callback and effect. `"never"`: whoever knows the token in the callback URL is
   * believed, status and result URLs included; for who trusts everything between APIDot and the app.
   */
  readonly confirm?: 'always' | 'never';
  /** Name of the provider, where one app uses two accounts. Default `apidot`. */
  readonly name?: string;
  /** Replaces single limits, for instance `concurrentChecks` for an account with a low rate limit. */
  readonly limits?: ProviderLimits;
}

/** The `input` of a submit. It differs from model to model and goes out as it is; media go by public URL. */
export interface ApidotInput {
  readonly prompt?: string;
  readonly image_urls?: readonly string[];
  readonly size?: string | { readonly width: number; readonly height: number };
  readonly [field: string]: unknown;
}

/** APIDot: `submit`, `status` (with the music detail endpoint) and unsigned callbacks. Throws `invalid_options`. */
export function apidot(options: ApidotOptions): Provider<ApidotInput> {
  const { apiKey, baseUrl = 'https://api.apidot.ai', confirm = 'always', name = 'apidot', limits = {} } = options;
  // Answers are small; the documented ones are under 1 kB.
  const api = providerApi({ provider: 'apidot()', apiKey, baseUrl, maxBytes: 1024 * 1024 });
  if (!/^[a-z0-9-]{1,40}$/.test(name)) {
    throw new TasklatchError(
      'invalid_options',
      'The name given to apidot() goes into the callback URL: use 1 to 40 of a-z, 0-9 and "-".',
    );
  }
  return {
    name,
    async submit({ model, input, callbackUrl }: SubmitRequest<ApidotInput>, io) {
      if (model === null || typeof input !== 'object' || input === null || Array.isArray(input))
        return unsendable('APIDot needs a model and an input that is a JSON object.');
      return api.submit(io, {
        path: '/api/generate/submit',
        body: { model, callback_url: callbackUrl, input },
        statusIn: errorCodeIn,
        read: readSubmitted,
      });
    },
    status: (externalId, task, io) => checkTask(api, externalId, task, io),
    callbacks: {
      perTask: true,
      needsExactBody: false,
      confirm,
      // Nothing to check: the token in the URL is the proof, and the core has checked it.
      authenticate: () => ({ kind: 'token' }),
      parse: (delivery) => [readDelivered(delivery.body, api.words)],
    },
    limits: { ...apidotLimits, ...limits },
  };
}
