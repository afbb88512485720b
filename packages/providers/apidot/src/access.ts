import { TasklatchError } from '@tasklatch/core';

/** Answers are small; the documented ones are under 1 kB. */
export const MAX_ANSWER_BYTES = 1024 * 1024;

/** Where APIDot is and how it lets us in. The key is behind functions, so that no print of an object shows it. */
export interface ApidotAccess {
  readonly baseUrl: string;
  apiKey(): string;
  authorization(): string;
}

export function apidotAccess(apiKey: string | undefined, baseUrl: string): ApidotAccess {
  if (apiKey === undefined || apiKey === '') {
    throw new TasklatchError(
      'invalid_options',
      'apidot() has no apiKey. Put the key in the environment and pass it: apidot({ apiKey }).',
    );
  }
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new TasklatchError(
      'invalid_options',
      'The apiKey given to apidot() holds a blank, a line break or a character that no header can carry. Trim it.',
    );
  }
  return { baseUrl: checkedBase(baseUrl), apiKey: () => apiKey, authorization: () => `Bearer ${apiKey}` };
}

function checkedBase(baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  const plain = url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash;
  if (!plain) {
    throw new TasklatchError(
      'invalid_options',
      'The baseUrl given to apidot() must be an http(s) address without user, query or fragment.',
    );
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}
