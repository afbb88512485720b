import type { Canned, SeenRequest } from './contract-options.js';

/** Answers that quote the whole request, in the forms errors come in. */
export function echoes(status: number): Canned[] {
  const quoted = ({ path, headers, body }: SeenRequest): string =>
    `Bad request ${path} ${Object.values(headers).join(' ')} ${body}`;
  const forms: ((quote: string) => unknown)[] = [
    (quote) => quote,
    (quote) => ({ error: quote }),
    (quote) => ({ error: { message: quote, code: quote, type: quote } }),
    (quote) => ({ code: status, message: quote, msg: quote }),
    (quote) => ({ detail: quote, title: quote }),
    (quote) => ({ detail: [{ msg: quote, type: quote, input: quote }] }),
    (quote) => ({ code: 400, status: 'failed', error_message: quote, failMsg: quote, failCode: quote }),
  ];
  return forms.map((form) => (request) => ({ status, body: form(quoted(request)) }));
}
