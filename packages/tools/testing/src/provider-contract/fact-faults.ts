import type { ProviderFact } from '@tasklatch/core';

const STATUSES: readonly unknown[] = ['pending', 'running', 'succeeded', 'failed', 'canceled', null];
const KINDS: readonly unknown[] = ['image', 'video', 'audio', 'model', 'other'];

/** What is wrong with a fact, whatever it says; empty when it can be recorded. */
export function faultsOf(fact: ProviderFact): string[] {
  const { externalId, status, providerStatus, progress, result, error } = fact;
  return [
    ...(isOptional(externalId, (id) => typeof id === 'string' && id !== '' && id.length <= 512)
      ? []
      : ['externalId is no text of 1 to 512 characters']),
    ...(STATUSES.includes(status) ? [] : ['status is none of the seam']),
    ...(isOptional(providerStatus, (text) => typeof text === 'string') ? [] : ['providerStatus is no text']),
    ...(isOptional(progress, (number) => typeof number === 'number' && number >= 0 && number <= 100)
      ? []
      : ['progress is not 0 to 100']),
    ...(isOptional(error?.code, (code) => typeof code === 'string' && /^[\w.-]{1,64}$/.test(code))
      ? []
      : ['error.code is not short']),
    ...(error && !isOptional(error.message, (text) => typeof text === 'string') ? ['error.message is no text'] : []),
    ...(result?.files ?? []).flatMap(({ url, kind }) => [
      ...(URL.canParse(url) && /^https?:/i.test(url) ? [] : ['a result file has no http(s) URL']),
      ...(KINDS.includes(kind) ? [] : ['a result file has no known kind']),
    ]),
    ...(status === 'succeeded' && fact.unknownStatus === true ? ['an unknown status is no success'] : []),
    ...(isJson(fact) ? [] : ['it can not be printed as JSON']),
  ];
}

const isOptional = (value: unknown, good: (value: unknown) => boolean): boolean =>
  value === undefined || value === null || good(value);

function isJson(value: unknown): boolean {
  try {
    JSON.stringify(value);
    return true;
  } catch {
    return false;
  }
}
