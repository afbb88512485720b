import type { Clock } from '../clock.js';
import { TasklatchError } from '../errors.js';
import { codeOf, publish } from '../events.js';
import type { Fact, OpenOnFact } from '../fact.js';
import type { CallbackHandler, HttpAnswer, HttpRequest } from '../http.js';
import type { Logger } from '../logger.js';
import type { Authenticity, Provider, ProviderCallbacks, RawDelivery } from '../provider.js';
import type { Recorded } from '../store.js';
import { withTimeLimit } from '../time-limit.js';
import type { CallbackTokens } from './callback-token.js';
import { deliveryFacts } from './delivery-facts.js';
import { type DeliveryRetention, deliveryRecord } from './delivery-record.js';

export interface CallbackHandlerOptions {
  readonly providers: ReadonlyMap<string, Provider<never>>;
  readonly tokens: CallbackTokens | null;
  readonly record: (fact: Fact) => Promise<Recorded>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limitBytes: number;
  /** How long a body may take to arrive. */
  readonly bodyTimeoutMs: number;
  readonly retryAfterSeconds: number;
  readonly keep: DeliveryRetention;
  /** What an unknown task's fact opens; null: it goes to the quarantine. */
  readonly openUnknown: () => OpenOnFact | null;
  /** Whether each new fact makes a `fact` effect due. */
  readonly announces: () => boolean;
  readonly stopping: () => boolean;
}

/** An answer, and why, for those who watch. */
interface Verdict {
  readonly answer: HttpAnswer;
  readonly reason: string | null;
  readonly bytes: number;
}

type Proven = Extract<Authenticity, { kind: 'signed' | 'token' }>;

/** Answers callbacks: route, method, limit, proof of origin, meaning, and then the store. Only a committed delivery gets a 2xx. */
export function callbackHandler(options: CallbackHandlerOptions): CallbackHandler {
  const { clock, logger, providers, tokens } = options;
  const warned = new Set<string>();
  const say = (status: number, reason: string | null, bytes = 0, headers: Record<string, string> = {}): Verdict => ({
    answer: {
      status,
      headers: { 'content-type': 'application/json', ...headers },
      body: reason === null ? '{"ok":true}' : JSON.stringify({ ok: false, reason }),
    },
    reason,
    bytes,
  });
  const comeAgain = (reason: string, bytes = 0): Verdict =>
    say(503, reason, bytes, { 'retry-after': String(options.retryAfterSeconds) });

  function warnOnce(provider: string, fix: string): void {
    if (warned.has(provider)) return;
    warned.add(provider);
    logger.error(
      { provider },
      `A body parser ate the raw bytes that the signature of ${provider} is computed over, so its deliveries are answered 500. Fix: ${fix}`,
    );
  }

  async function take(request: HttpRequest): Promise<Verdict & { readonly provider: string | null }> {
    const [path = '', query] = request.path.split('?', 2);
    const [, name = '', token = '', ...rest] = path.split('/');
    const provider = providers.get(name);
    const callbacks = provider?.callbacks;
    if (provider === undefined || callbacks === undefined) return { provider: null, ...say(404, 'not_found') };
    return {
      provider: name,
      ...(await takeFor(
        request,
        provider,
        callbacks,
        token,
        `/${rest.join('/')}${query === undefined ? '' : `?${query}`}`,
      )),
    };
  }

  async function takeFor(
    request: HttpRequest,
    provider: Provider<never>,
    callbacks: ProviderCallbacks,
    token: string,
    path: string,
  ): Promise<Verdict> {
    const methods = callbacks.methods ?? ['POST'];
    if (!methods.includes(request.method)) return say(405, 'method_not_allowed', 0, { allow: methods.join(', ') });
    const taskId = token === '' ? null : (tokens?.verify(provider.name, token) ?? null);
    if (token !== '' && taskId === null) return refuse(callbacks, 'bad_token');
    if (options.stopping()) return comeAgain('stopping');

    let body: Awaited<ReturnType<HttpRequest['body']>>;
    try {
      const slow = (): Error =>
        new TasklatchError('body_aborted', `The body did not arrive within ${options.bodyTimeoutMs} ms.`);
      body = await withTimeLimit(clock, options.bodyTimeoutMs, request.body(options.limitBytes), slow);
    } catch (error) {
      const code = codeOf(error);
      if (code === 'body_too_large') return say(413, code, 0, { connection: 'close' });
      if (code !== 'body_consumed') return say(408, 'body_aborted', 0, { connection: 'close' });
      warnOnce(provider.name, request.rawBodyFix);
      return say(500, code);
    }
    if (!body.exact && callbacks.needsExactBody) {
      warnOnce(provider.name, request.rawBodyFix);
      return say(500, 'body_consumed');
    }
    const delivery: RawDelivery = {
      method: request.method,
      path,
      header: (header) => request.header(header),
      body: body.bytes,
      exact: body.exact,
      receivedAt: clock.now(),
      taskId,
    };
    const size = body.bytes.byteLength;
    const handshake = callbacks.handshake?.(delivery);
    if (handshake !== undefined) return { answer: handshake, reason: 'handshake', bytes: size };

    const authenticity = await authenticate(callbacks, delivery);
    if (authenticity.kind === 'undecided') return comeAgain('undecided', size);
    if (authenticity.kind === 'forged') return { ...refuse(callbacks, 'not_authentic'), bytes: size };
    // Without a token only a signature over the body, or one that names the task, tells whose delivery this is.
    if (taskId === null && authenticity.kind === 'token') return { ...refuse(callbacks, 'no_token'), bytes: size };

    const facts = deliveryFacts(provider, delivery, {
      trust: trustIn(callbacks, authenticity),
      onlyExternalId: authenticity.kind === 'signed' ? authenticity.externalId : undefined,
      keep: (readable) =>
        deliveryRecord(delivery, authenticity, {
          keep: options.keep,
          readable,
          readsHeaders: callbacks.readsHeaders,
        }),
      announce: options.announces(),
      open: options.openUnknown,
    });
    const recorded = await Promise.all(facts.map((fact) => options.record(fact)));
    if (recorded.some(({ outcome }) => outcome === 'full')) return comeAgain('quarantine_full', size);
    return say(callbacks.answers?.accepted ?? 200, null, size);
  }

  const refuse = (callbacks: ProviderCallbacks, reason: string): Verdict =>
    say(callbacks.answers?.refused ?? 401, reason);

  async function authenticate(callbacks: ProviderCallbacks, delivery: RawDelivery): Promise<Authenticity> {
    try {
      return await callbacks.authenticate(delivery);
    } catch (error) {
      return { kind: 'undecided', reason: codeOf(error) };
    }
  }

  return async (request) => {
    const began = clock.now();
    let verdict: Verdict & { readonly provider: string | null };
    try {
      verdict = await take(request);
    } catch (error) {
      verdict = { provider: null, ...comeAgain(codeOf(error)) };
    }
    const { answer, provider, reason, bytes } = verdict;
    publish('delivery', { provider, status: answer.status, reason, bytes, ms: clock.now() - began });
    return answer;
  };
}

/** How far a proven delivery is believed: a signature over the body is; anything less is a hint, unless the app said to trust it. */
function trustIn(callbacks: ProviderCallbacks, proven: Proven): Fact['trust'] {
  if (proven.kind === 'signed' && proven.covers === 'body') return 'authentic';
  return callbacks.confirm === 'never' ? 'authentic' : 'hint';
}
