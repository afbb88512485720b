import type { Fact } from './fact.js';
import type { TaskError, TaskResult } from './task.js';

/**
 * What of a fact came from outside and need not be kept as long as its task: result, the provider's words, headers and body of the delivery, sealed
 * or not. A store keeps it beside the fact, so that `purge` can delete it first (`PurgeQuery.contentForMs`). What stays says who said
 * what and when: ids, statuses, the error's code, size and hash of the body.
 */
export interface FactContent {
  readonly result?: TaskResult;
  readonly error?: TaskError;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Takes a fact apart. `content` is null when it has none. */
export function splitFact(fact: Fact): { readonly bare: Fact; readonly content: FactContent | null } {
  const { delivery, error, result } = fact;
  const worded = error !== null && (error.message !== null || error.sealed !== undefined);
  const content: FactContent = {
    ...(result === null ? {} : { result }),
    ...(worded ? { error } : {}),
    ...(delivery === null || Object.keys(delivery.headers).length === 0 ? {} : { headers: delivery.headers }),
    ...(delivery === null || delivery.body === null ? {} : { body: delivery.body }),
  };
  if (Object.keys(content).length === 0) return { bare: fact, content: null };
  const bare: Fact = {
    ...fact,
    result: null,
    error: error === null ? null : { code: error.code, message: null },
    delivery: delivery === null ? null : { ...delivery, headers: {}, body: null },
  };
  return { bare, content };
}

/** The fact as it was before `splitFact`, or what is left of it when its content is gone (null). */
export function mergeFact(bare: Fact, content: FactContent | null): Fact {
  if (content === null) return bare;
  const { body = null, error = bare.error, headers = {}, result = null } = content;
  return { ...bare, result, error, delivery: bare.delivery === null ? null : { ...bare.delivery, headers, body } };
}
