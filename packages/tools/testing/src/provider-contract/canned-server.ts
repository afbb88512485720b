import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { ProviderIo } from '@tasklatch/core';
import type { Canned, CannedAnswer, SeenRequest } from './contract-options.js';

/** What the server does to every request, once it has read it whole. */
export type Behaviour = Canned | 'reset' | 'hang' | 'cut';

export interface CannedServer {
  readonly seen: readonly SeenRequest[];
  /** How many requests came, those that were not read to their end included. */
  readonly received: () => number;
  /** Resolves when the next request has been read whole. */
  readonly request: () => Promise<void>;
  io(signal?: AbortSignal): ProviderIo;
}

const INTENDED = 'x-contract-intended';

/** Runs `work` against a server of its own, so that cases can't see each other's requests. */
export async function withServer<T>(behaviour: Behaviour, work: (server: CannedServer) => Promise<T>): Promise<T> {
  const seen: SeenRequest[] = [];
  const waiting: (() => void)[] = [];
  let received = 0;
  const server = createServer((request, response) => {
    received += 1;
    take(request).then(
      (one) => {
        seen.push(one);
        for (const wake of waiting.splice(0)) wake();
        answer(response, typeof behaviour === 'function' ? behaviour(one) : behaviour);
      },
      // The client broke off inside its request; it was counted.
      () => undefined,
    );
  });
  const origin = await listen(server);
  try {
    return await work({
      seen,
      received: () => received,
      request: () => new Promise((resolve) => void waiting.push(resolve)),
      io: (signal) => ioTo(origin, signal),
    });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Everything a provider sends goes to a port where nobody listens. */
export async function ioToNobody(): Promise<ProviderIo> {
  const server = createTcpServer();
  const origin = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return ioTo(origin);
}

/** A `fetch` that leads every request to `origin` and notes where it was meant to go. */
function ioTo(origin: string, signal: AbortSignal = AbortSignal.timeout(30_000)): ProviderIo {
  return {
    signal,
    now: () => Date.now(),
    fetch: (input, init) => {
      const intended = input instanceof Request ? input.url : String(input);
      const { pathname, search } = new URL(intended);
      const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
      headers.set(INTENDED, intended);
      const url = `${origin}${pathname}${search}`;
      return fetch(input instanceof Request ? new Request(url, input) : url, { ...init, headers });
    },
  };
}

async function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The server has no port.');
  return `http://127.0.0.1:${address.port}`;
}

async function take(request: IncomingMessage): Promise<SeenRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  const { [INTENDED]: intended = '', ...own } = headers;
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    headers: own,
    body: Buffer.concat(chunks).toString(),
    intended,
  };
}

function answer(response: ServerResponse, what: CannedAnswer | 'reset' | 'hang' | 'cut'): void {
  if (what === 'hang') return;
  if (what === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  if (what === 'cut') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' });
    response.write('{"id":"', () => response.destroy());
    return;
  }
  const { status = 200, headers = {}, body } = what;
  const plain = typeof body === 'string' || body instanceof Uint8Array;
  response.writeHead(status, { 'content-type': plain ? 'text/plain' : 'application/json', ...headers });
  response.end(plain ? body : JSON.stringify(body));
}
