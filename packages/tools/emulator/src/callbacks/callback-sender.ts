import http from 'node:http';
import https from 'node:https';
import { isLoopbackUrl } from '../loopback.js';
import type { CallbackAnswer } from '../tasks/task.js';

export interface CallbackSender {
  /** Whether the address is none that this sender may send to; after `close`, none is. */
  refuses(url: string): boolean;
  /** One POST. Never follows a redirect, never rejects. */
  send(
    url: string,
    body: string,
    headers: Readonly<Record<string, string>>,
    timeoutMs: number,
  ): Promise<CallbackAnswer>;
  close(): void;
}

/** Sockets are kept, and bounded: thousands of callbacks due at once wait in line instead of using up all ports. */
const SOCKETS = { keepAlive: true, maxSockets: 256, maxFreeSockets: 64 };

export function createCallbackSender(options: { readonly allowRemote: boolean }): CallbackSender {
  const plain = new http.Agent(SOCKETS);
  const secure = new https.Agent(SOCKETS);
  const open = new Set<http.ClientRequest>();
  let closed = false;

  function attempt(
    url: URL,
    body: string,
    headers: Readonly<Record<string, string>>,
    timeoutMs: number,
    socket: 'kept' | 'new',
  ): Promise<CallbackAnswer | 'stale socket'> {
    return new Promise((resolve) => {
      const isSecure = url.protocol === 'https:';
      const request = (isSecure ? https : http).request(url, {
        method: 'POST',
        agent: socket === 'kept' && (isSecure ? secure : plain),
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'user-agent': 'tasklatch-emulator',
          ...headers,
        },
      });
      open.add(request);
      let timer: NodeJS.Timeout | undefined;
      const end = (answer: CallbackAnswer | 'stale socket') => {
        clearTimeout(timer);
        open.delete(request);
        resolve(answer);
      };
      // The clock starts with the socket, not while the request waits in line for one.
      request.once('socket', () => {
        timer = setTimeout(() => {
          end('timeout');
          request.destroy();
        }, timeoutMs);
      });
      request.once('response', (response) => {
        response.resume();
        response.on('error', () => {});
        end(response.statusCode ?? 'unreachable');
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        const wasClosed = error.code === 'ECONNRESET' || error.code === 'EPIPE';
        end(request.reusedSocket && wasClosed ? 'stale socket' : 'unreachable');
      });
      request.end(body);
    });
  }

  return {
    refuses(address) {
      const url = URL.canParse(address) ? new URL(address) : undefined;
      if (closed || !url || (url.protocol !== 'http:' && url.protocol !== 'https:')) return true;
      return !options.allowRemote && !isLoopbackUrl(url);
    },
    async send(address, body, headers, timeoutMs) {
      const url = new URL(address);
      const answer = await attempt(url, body, headers, timeoutMs, 'kept');
      if (answer !== 'stale socket') return answer;
      // A kept socket that the receiver closed while idle says nothing about this callback: a new one decides.
      const second = await attempt(url, body, headers, timeoutMs, 'new');
      return second === 'stale socket' ? 'unreachable' : second;
    },
    close() {
      closed = true;
      // First those that wait for a socket: destroying the agents would give them new ones.
      for (const request of open) request.destroy();
      plain.destroy();
      secure.destroy();
    },
  };
}
