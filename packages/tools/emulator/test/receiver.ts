import http, { type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly path: string;
  readonly text: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly at: number;
  /** The body as JSON, with the envelope taken off; undefined when it can't be read. */
  readonly task: Record<string, unknown> | undefined;
}

export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  close(): Promise<void>;
}

/** An app's callback endpoint: keeps what comes and answers 200, or whatever `answer` does. */
export async function startReceiver(
  answer: (response: ServerResponse, received: Received, count: number) => void = (response) => response.end('{}'),
): Promise<Receiver> {
  const received: Received[] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const one = { path: request.url ?? '', text, headers: request.headers, at: Date.now(), task: taskIn(text) };
      received.push(one);
      answer(response, one, received.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A listening TCP server has an address with a port.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function taskIn(text: string): Record<string, unknown> | undefined {
  try {
    const body = JSON.parse(text);
    return body.data ?? body;
  } catch {
    return undefined;
  }
}
