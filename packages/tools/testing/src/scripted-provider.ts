import type { Provider, ProviderCallbacks, ProviderFact, SubmitAnswer, SubmitRequest } from '@tasklatch/core';
import { ProviderFailure, unparseable } from '@tasklatch/core';

type Answer = SubmitAnswer | 'hang' | Error;

/** A provider without a wire: it does what the test says and counts what it was asked. Its callbacks are JSON of a `ProviderFact`. */
export interface ScriptedProvider extends Provider<unknown> {
  /** Every submit that was sent. */
  readonly sent: readonly SubmitRequest<unknown>[];
  /** How often the status of each id was asked. */
  readonly asked: ReadonlyMap<string, number>;
  /** What the next submits are answered, in order; after that every one is accepted under a fresh id. */
  answerNext(...answers: readonly (Answer | ((request: SubmitRequest<unknown>) => Answer | Promise<Answer>))[]): void;
  /** What a status check says from now on. Undefined: checks fail. */
  nowSays(externalId: string, said: ProviderFact | undefined): void;
  /** The same provider after a fix of its parser. */
  repaired(parse: ProviderCallbacks['parse']): Provider<unknown>;
}

export interface ScriptedProviderOptions {
  readonly name?: string;
  readonly confirm?: 'always' | 'never';
  readonly perTask?: boolean;
}

export function scriptedProvider({
  name = 'acme',
  confirm = 'always',
  perTask = true,
}: ScriptedProviderOptions = {}): ScriptedProvider {
  const sent: SubmitRequest<unknown>[] = [];
  const asked = new Map<string, number>();
  const says = new Map<string, ProviderFact | undefined>();
  const next: (Answer | ((request: SubmitRequest<unknown>) => Answer | Promise<Answer>))[] = [];
  const callbacks: ProviderCallbacks = {
    perTask,
    needsExactBody: false,
    confirm,
    authenticate(delivery) {
      const signature = delivery.header('x-signature');
      if (signature === undefined) return { kind: 'token' };
      return signature === 'good'
        ? { kind: 'signed', covers: 'body', keyId: 'k1' }
        : { kind: 'forged', reason: 'signature' };
    },
    parse(delivery) {
      let said: unknown;
      try {
        said = JSON.parse(Buffer.from(delivery.body).toString('utf8'));
      } catch {
        throw unparseable('not JSON');
      }
      if (typeof said !== 'object' || said === null || !('status' in said)) throw unparseable('no status');
      // The tests write these bodies, as `ProviderFact`s.
      return [said as ProviderFact];
    },
  };
  const provider: ScriptedProvider = {
    name,
    sent,
    asked,
    answerNext: (...answers) => void next.push(...answers),
    nowSays: (externalId, said) => void says.set(externalId, said),
    async submit(request, io) {
      sent.push(request);
      const planned = next.shift();
      const answer = typeof planned === 'function' ? await planned(request) : planned;
      if (answer === undefined)
        return { kind: 'accepted', fact: { externalId: `ext-${request.taskId}`, status: 'pending' } };
      if (answer instanceof Error) throw answer;
      if (answer !== 'hang') return answer;
      return new Promise((_resolve, reject) => io.signal.addEventListener('abort', () => reject(io.signal.reason)));
    },
    async status(externalId) {
      asked.set(externalId, (asked.get(externalId) ?? 0) + 1);
      const said = says.has(externalId) ? says.get(externalId) : ({ status: 'running', externalId } as const);
      if (said === undefined) throw new ProviderFailure('http_500');
      return said;
    },
    callbacks,
    repaired: (parse) => ({ ...provider, callbacks: { ...callbacks, parse } }),
  };
  return provider;
}
