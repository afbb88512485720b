import { ProviderFailure, TasklatchError } from '../errors.js';
import { isExternalId } from '../external-id.js';
import type { ProviderFact } from '../fact.js';
import type { ProviderIo, SubmitAnswer } from '../provider.js';
import { ask, comeAgain } from './ask.js';
import { jsonOf } from './json-of.js';
import { type SentResponse, sendOnce } from './send-once.js';
import { failedSubmit, noAnswer } from './submit-failure.js';
import { hidden, toldError } from './told-error.js';

export interface ProviderApiOptions {
  /** Name of the provider, for messages. */
  readonly provider: string;
  /** Typed like `process.env.…`; a missing one throws `invalid_options`. */
  readonly apiKey: string | undefined;
  readonly baseUrl: string;
  /** How the key is sent. Default `authorization: Bearer <key>`. */
  readonly headers?: (apiKey: string) => Readonly<Record<string, string>>;
  /** An answer longer than this is given up. Default 4 MiB. */
  readonly maxBytes?: number;
}

/** A task as a provider's answer tells it. */
export type ToldTask = ProviderFact & { readonly externalId: string };

/** A provider's HTTP API with our key, which is in a closure: no print of this or of an error shows it. */
export interface ProviderApi {
  /**
   * One POST of JSON, and which of the four kinds of outcome it had. `read` finds the task in the answer of a 2xx; undefined means that
   * the answer is no such thing, and nobody knows whether a task was made (`unclear`).
   */
  submit(io: ProviderIo, request: ApiSubmit): Promise<SubmitAnswer>;
  /** One GET, see `ask`. `path` begins with `/`. */
  get(io: ProviderIo, path: string): Promise<SentResponse>;
  /** One GET about one task. Throws `ProviderFailure` for every answer that is not about this very task. */
  check(io: ProviderIo, request: ApiCheck): Promise<ProviderFact>;
  /** What to throw for an answer of `get` that is no word about the task. */
  failure(answer: SentResponse): ProviderFailure;
  /** A provider's words, fit to be kept: without our key, without what a database refuses, at most 1000 characters. */
  words(text: unknown): string | null;
}

export interface ApiSubmit {
  readonly path: string;
  readonly body: unknown;
  readonly read: (json: unknown, response: SentResponse) => ToldTask | undefined;
  /** For an API that answers 200 and puts its own status into the body: that one, or null where the HTTP status counts. */
  readonly statusIn?: (json: unknown) => number | null;
}

export interface ApiCheck {
  readonly externalId: string;
  /** The path for an id that is encoded as one segment. */
  readonly path: (encodedId: string) => string;
  /** May throw `ProviderFailure`. */
  readonly read: (json: unknown, response: SentResponse) => ProviderFact | undefined;
  /** See `ApiSubmit`. */
  readonly statusIn?: (json: unknown) => number | null;
}

export function providerApi(options: ProviderApiOptions): ProviderApi {
  const { provider, apiKey, maxBytes, headers = bearer } = options;
  const base = checkedBase(provider, options.baseUrl);
  const key = checkedKey(provider, apiKey);
  const init = () => ({
    headers: { accept: 'application/json', ...headers(key) },
    ...(maxBytes === undefined ? {} : { maxBytes }),
  });
  const get = (io: ProviderIo, path: string) => ask(io, base + path, init());

  const failure = (answer: SentResponse) => new ProviderFailure(toldError(answer, []).code);

  return {
    get,
    failure,
    words: (text) => hidden(text, [key]),

    async submit(io, { path, body, read, statusIn }) {
      const json = printed(body);
      if (json === undefined) return unsendable('The input is no JSON.');
      const { headers: own, ...rest } = init();
      const sent = await sendOnce(io, base + path, {
        ...rest,
        headers: { ...own, 'content-type': 'application/json' },
        body: json,
      });
      if (sent.kind !== 'answer') return noAnswer(sent);
      const { told, response } = answerIn(sent.response, statusIn);
      if (!isGood(response)) return failedSubmit(response, toldError(response, [key]), io.now());
      const task = read(told, response);
      return task === undefined
        ? { kind: 'unclear', error: { code: 'no_task_id', message: null } }
        : { kind: 'accepted', fact: task };
    },

    async check(io, { externalId, path, read, statusIn }) {
      if (!isExternalId(externalId)) throw new ProviderFailure('bad_task_id');
      const { told, response } = answerIn(await get(io, path(encodeURIComponent(externalId))), statusIn);
      if (!isGood(response)) throw comeAgain(response, io.now()) ?? failure(response);
      const fact = read(told, response);
      if (fact === undefined) throw new ProviderFailure('unreadable');
      if ((fact.externalId ?? externalId) !== externalId) throw new ProviderFailure('other_task');
      return fact;
    },
  };
}

/** The body of an answer, and the answer with the status that counts. */
function answerIn(response: SentResponse, statusIn?: (json: unknown) => number | null) {
  const told = jsonOf(response.text);
  const status = (isGood(response) ? statusIn?.(told) : null) ?? response.status;
  return { told, response: { ...response, status } };
}

/** For what a provider can see before it sends: no request was made, and the same one never will be good. */
export const unsendable = (message: string): SubmitAnswer => ({
  kind: 'refused',
  error: { code: 'invalid_request', message: `Not sent: ${message}` },
});

const bearer = (apiKey: string) => ({ authorization: `Bearer ${apiKey}` });
const isGood = ({ status }: SentResponse): boolean => status >= 200 && status < 300;

function printed(body: unknown): string | undefined {
  try {
    return JSON.stringify(body);
  } catch {
    // A circular input or a BigInt: nothing that could be sent.
    return undefined;
  }
}

function checkedKey(provider: string, apiKey: string | undefined): string {
  if (apiKey === undefined || apiKey === '') {
    throw new TasklatchError(
      'invalid_options',
      `${provider}: there is no apiKey. Put the key in the environment and pass it.`,
    );
  }
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new TasklatchError(
      'invalid_options',
      `${provider}: the apiKey holds a blank, a line break or a character that no header can carry. Trim it.`,
    );
  }
  return apiKey;
}

function checkedBase(provider: string, baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  const plain = url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash;
  if (!plain) {
    throw new TasklatchError(
      'invalid_options',
      `${provider}: baseUrl must be an http(s) address without user, query or fragment.`,
    );
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}
