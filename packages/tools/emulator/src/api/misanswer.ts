import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendProviderError } from './provider-error.js';
import { send, sendJson } from './send.js';

/** The ways in which an answer can be no answer. */
export type Misanswer =
  | 'rateLimit'
  | 'paymentRequired'
  | 'businessError'
  | 'timeout'
  | 'error'
  | 'reset'
  | 'hang'
  | 'notFound'
  | 'garbled'
  | 'idMissing';

export interface MisanswerDetails {
  readonly retryAfterS?: number | undefined;
  readonly errorStatus?: number | undefined;
  readonly detail: boolean;
}

export function misanswer(
  request: IncomingMessage,
  response: ServerResponse,
  how: Misanswer,
  { retryAfterS, errorStatus, detail }: MisanswerDetails,
): void {
  switch (how) {
    case 'rateLimit':
      sendProviderError(response, { status: 429, detail, retryAfterS });
      break;
    case 'paymentRequired':
      sendProviderError(response, { status: 402, detail });
      break;
    case 'businessError':
      sendProviderError(response, { status: 402, httpStatus: 200 });
      break;
    case 'timeout':
      send(response, 408, 'text/plain', 'Request timeout');
      break;
    case 'error':
      sendProviderError(response, { status: errorStatus ?? 500, detail });
      break;
    case 'reset':
      request.socket.resetAndDestroy();
      break;
    case 'hang':
      // Left open: it ends when the client gives up or the emulator closes.
      break;
    case 'notFound':
      sendProviderError(response, { status: 404, detail });
      break;
    case 'garbled':
      send(response, 200, 'application/json', '{"code":200,"data":{"task_id":"task-uni');
      break;
    case 'idMissing':
      sendJson(response, 200, { code: 200, data: { status: 'not_started' } });
      break;
  }
}
