import {
  isExternalId,
  isStatusText,
  isTasklatchError,
  jsonOf,
  type Provider,
  type ProviderCallbacks,
  type ProviderFact,
  type Secrets,
  type SignatureScheme,
  standardWebhooksSignature,
  svixSignature,
  TasklatchError,
  type TaskResult,
  unparseable,
} from '@tasklatch/core';
import type { z } from 'zod';
import { valueAt } from './value-at.js';

/** What a sender's event can say about its task. `null`: nothing. */
export type EventStatus = ProviderFact['status'];

/** An authentic event, as the functions among the options get it. */
export interface WebhookEvent<Body = unknown> {
  /** The body as JSON, as `schema` returned it. Without a schema it is data from outside: check what you use. */
  readonly body: Body;
  /** Value of a header, by lower-case name. Only what the signature covers is proven. */
  header(name: string): string | undefined;
}

export interface StandardWebhooksOptions<Body = unknown> {
  /** Path segment of the callback URL, and the provider's name: `[a-z0-9-]{1,40}`. */
  readonly name: string;
  /** `whsec_…` or `whpk_…`, or a list with `from` and `until` while you rotate it. Or give `signature`. */
  readonly secret?: Secrets | undefined;
  /** `webhook` (default) or `svix` header names, with `secret`. */
  readonly headers?: 'webhook' | 'svix';
  /** Accepted distance of the timestamp from the clock in seconds, with `secret`. Default 300. */
  readonly toleranceS?: number;
  /** Any other scheme, for a sender that signs in its own way: `stripeSignature({ secret })`. Needs `externalId`. */
  readonly signature?: SignatureScheme;
  /** A zod schema of the bodies you understand. What it refuses is kept in the quarantine, not lost. */
  readonly schema?: z.ZodType<Body>;
  /**
   * Which task an event is about: a path in the body (`data.id`) or a function; `null` for an event that is about none, which is answered
   * and ignored. Default: the `webhook-id`, so that each message is a task of its own and runs its effect once.
   */
  readonly externalId?: string | ((event: WebhookEvent<Body>) => string | null);
  /**
   * What became of the task: a function, or a path in the body whose text is looked up in `statuses`. Default: every event says
   * `succeeded`.
   */
  readonly status?: string | ((event: WebhookEvent<Body>) => EventStatus);
  /** The sender's words for a status, with a `status` path. A word that is not listed counts as pending and is reported. */
  readonly statuses?: Readonly<Record<string, EventStatus>>;
  /** What the effect gets as `task.result` once the task has settled, whatever its status. Default: the whole body as `data`. */
  readonly result?: (event: WebhookEvent<Body>) => TaskResult | null;
  /**
   * `"never"`: believe deliveries although the scheme covers no body (a shared header value). There is no status to ask for here, so such
   * a scheme needs it.
   */
  readonly confirm?: 'never';
  /** Headers, in lower case, that the functions here read: kept with a delivery, for the replay. `webhook-id` and `svix-id` always are. */
  readonly readsHeaders?: readonly string[];
  /** For a sender with requirements of its own; see `ProviderCallbacks`. */
  readonly methods?: readonly string[];
  readonly answers?: ProviderCallbacks['answers'];
  readonly handshake?: ProviderCallbacks['handshake'];
}

/** A receiver for the webhooks of any sender, at one fixed URL. Throws `invalid_options`. */
export function standardWebhooks<Body = unknown>(options: StandardWebhooksOptions<Body>): Provider<never> {
  const { name, result = wholeBody, confirm, methods, answers, handshake, readsHeaders } = options;
  if (!/^[a-z0-9-]{1,40}$/.test(name))
    throw invalid('name', 'it goes into the callback URL: use 1 to 40 of a-z, 0-9 and "-"');
  const scheme = schemeOf(options);
  if (!scheme.coversBody && confirm !== 'never') {
    throw invalid(
      'signature',
      'it does not cover the body, and there is no status to ask for. Say confirm: "never" to believe it all the same',
    );
  }
  const externalIdOf = externalIdReader(options);
  const statusOf = statusReader(options);

  return {
    name,
    callbacks: {
      perTask: false,
      needsExactBody: scheme.coversBody,
      confirm: 'never',
      ...(readsHeaders && { readsHeaders }),
      ...(methods && { methods }),
      ...(answers && { answers }),
      ...(handshake && { handshake }),
      authenticate: (delivery) => scheme.verify(delivery),
      parse(delivery) {
        const event: WebhookEvent<Body> = {
          body: bodyOf(delivery.body, options.schema),
          header: (header) => delivery.header(header),
        };
        const externalId = told('externalId', () => externalIdOf(event));
        if (externalId === null) return [];
        if (!isExternalId(externalId))
          throw unparseable('There is no id of 1 to 512 characters where the id of the task should be.');
        const fact = { externalId, ...told('status', () => statusOf(event)) };
        if (fact.status === null || fact.status === 'pending' || fact.status === 'running') return [fact];
        const error = fact.status === 'succeeded' ? null : { code: fact.status, message: null };
        return [{ ...fact, error, result: told('result', () => result(event)) }];
      },
    },
  };
}

const wholeBody = ({ body }: WebhookEvent): TaskResult => ({ files: [], data: body });

function bodyOf<Body>(bytes: Uint8Array, schema: z.ZodType<Body> | undefined): Body {
  const json = jsonOf(bytes);
  if (json === undefined) throw unparseable('The body is not JSON in UTF-8, or is nested too deep.');
  // Without a schema `Body` is `unknown`, which any JSON is.
  if (schema === undefined) return json as Body;
  const read = schema.safeParse(json);
  if (!read.success) throw unparseable('The schema refuses the body.');
  return read.data;
}

/** Calls a function of the app. What it throws may quote the body, so only its name is told. */
function told<T>(option: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (isTasklatchError(error, 'unparseable')) throw error;
    throw unparseable(`The app's \`${option}\` threw for this event.`);
  }
}

function schemeOf<Body>({
  name,
  secret,
  signature,
  headers = 'webhook',
  toleranceS,
  externalId,
}: StandardWebhooksOptions<Body>): SignatureScheme {
  if (signature === undefined) {
    const make = headers === 'svix' ? svixSignature : standardWebhooksSignature;
    return make({ secret: secret ?? '', ...(toleranceS === undefined ? {} : { toleranceS }) });
  }
  if (secret !== undefined) throw invalid('secret', `${name} has a signature of its own, which holds its secret`);
  if (externalId === undefined) {
    throw invalid('externalId', 'say where it is: the default is the webhook-id, which this signature need not cover');
  }
  return signature;
}

function externalIdReader<Body>({
  headers = 'webhook',
  externalId,
}: StandardWebhooksOptions<Body>): (event: WebhookEvent<Body>) => unknown {
  if (typeof externalId === 'function') return externalId;
  if (externalId !== undefined) return ({ body }) => valueAt(body, externalId);
  // As the signature scheme finds it: what is read here is what was signed.
  return ({ header }) => (headers === 'svix' ? header('svix-id') : undefined) ?? header('webhook-id');
}

function statusReader<Body>({
  status,
  statuses,
}: StandardWebhooksOptions<Body>): (
  event: WebhookEvent<Body>,
) => Pick<ProviderFact, 'status' | 'providerStatus' | 'unknownStatus'> {
  if (status === undefined) return () => ({ status: 'succeeded' });
  if (typeof status === 'function') return (event) => ({ status: status(event) });
  if (statuses === undefined) throw invalid('statuses', 'say what the words at the status path mean');
  const table = new Map(Object.entries(statuses));
  return ({ body }) => {
    const providerStatus = valueAt(body, status);
    if (!isStatusText(providerStatus)) throw unparseable('There is no status at the path where it should be.');
    const said = table.get(providerStatus);
    return said === undefined
      ? { status: 'pending', providerStatus, unknownStatus: true }
      : { status: said, providerStatus };
  };
}

const invalid = (option: string, what: string): TasklatchError =>
  new TasklatchError('invalid_options', `standardWebhooks(): \`${option}\`: ${what}.`);
