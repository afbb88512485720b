import { connect, type Socket } from 'node:net';

/** One answer, as its bytes say. */
export interface RawAnswer {
  readonly status: number;
  /** Names in lower case; repeated ones joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface RawConnection {
  write(data: string | Uint8Array): void;
  /** The answer, once it is complete; rejects when the connection ends before, or after `withinMs`. */
  answer(withinMs?: number): Promise<RawAnswer>;
  /** Everything that has come so far. */
  received(): Buffer;
  /** Bytes handed to the system for sending. */
  readonly sent: number;
  readonly closed: boolean;
  /** Goes without a word, as a dropped line does. */
  drop(): void;
}

const WITHIN_MS = 10_000;

/** A connection on which the test says every byte itself. */
export function rawConnection(url: string): RawConnection {
  const { hostname, port } = new URL(url);
  const socket: Socket = connect({ host: hostname, port: Number(port) });
  const chunks: Buffer[] = [];
  let closed = false;
  let wake: () => void = () => undefined;
  socket.on('data', (chunk) => {
    chunks.push(chunk);
    wake();
  });
  // A server that has answered may close while we still write: what came before counts.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    closed = true;
    wake();
  });
  const received = (): Buffer => Buffer.concat(chunks);
  return {
    write: (data) => void socket.write(data),
    received,
    get sent() {
      return socket.bytesWritten;
    },
    get closed() {
      return closed;
    },
    drop: () => void socket.destroy(),
    async answer(withinMs = WITHIN_MS) {
      const late = Date.now() + withinMs;
      for (;;) {
        const answer = parse(received(), closed);
        if (answer !== undefined) return answer;
        if (closed) throw new Error('The connection was closed before an answer was complete.');
        const left = late - Date.now();
        if (left <= 0) throw new Error(`There was no complete answer within ${withinMs} ms.`);
        let timer: NodeJS.Timeout | undefined;
        await new Promise<void>((resolve) => {
          wake = resolve;
          timer = setTimeout(resolve, left);
        });
        clearTimeout(timer);
      }
    },
  };
}

export interface RawRequest {
  readonly method?: string;
  /** The request target, as it is. */
  readonly path: string;
  /** Header lines, as they are. `Host` is added, and `Content-Length` unless told otherwise. */
  readonly headers?: readonly string[];
  readonly body?: string | Uint8Array;
  /** Leaves `Content-Length` out. */
  readonly chunked?: boolean;
}

/** The bytes of one request. */
export function requestBytes({ method = 'POST', path, headers = [], body = '', chunked = false }: RawRequest): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body);
  const length = chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${bytes.byteLength}`;
  const head = [`${method} ${path} HTTP/1.1`, 'Host: 127.0.0.1', length, ...headers, '', ''].join('\r\n');
  return Buffer.concat([Buffer.from(head, 'latin1'), chunked ? inChunks(bytes) : bytes]);
}

/** One request on a connection of its own. */
export async function rawRequest(url: string, request: RawRequest): Promise<RawAnswer> {
  const connection = rawConnection(url);
  try {
    connection.write(requestBytes({ ...request, headers: ['Connection: close', ...(request.headers ?? [])] }));
    return await connection.answer();
  } finally {
    connection.drop();
  }
}

/** Chunks of uneven sizes, so that no boundary falls where a parser would like it. */
export function inChunks(bytes: Uint8Array): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0, size = 1; at < bytes.byteLength; at += size, size = (size % 7) + 2) {
    const piece = bytes.subarray(at, at + size);
    parts.push(Buffer.from(`${piece.byteLength.toString(16)}\r\n`), Buffer.from(piece), Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

function parse(all: Buffer, closed: boolean): RawAnswer | undefined {
  const headEnd = all.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [statusLine = '', ...lines] = all.subarray(0, headEnd).toString('latin1').split('\r\n');
  const status = Number(statusLine.split(' ')[1]);
  const rest = all.subarray(headEnd + 4);
  // "Go on" comes before the answer proper.
  if (status === 100) return parse(rest, closed);
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  const body = bodyOf(rest, status, headers, closed);
  return body === undefined ? undefined : { status, headers, body: body.toString('utf8') };
}

function bodyOf(
  rest: Buffer,
  status: number,
  headers: Readonly<Record<string, string>>,
  closed: boolean,
): Buffer | undefined {
  if (status === 204 || status === 304) return Buffer.alloc(0);
  if (headers['transfer-encoding'] === 'chunked') return closed ? (dechunk(rest) ?? rest) : dechunk(rest);
  const length = headers['content-length'];
  if (length === undefined) return closed ? rest : undefined;
  // An answer to HEAD has a length and no body; those requests close their connection.
  if (rest.byteLength >= Number(length)) return rest.subarray(0, Number(length));
  return closed ? rest : undefined;
}

function dechunk(rest: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = rest.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(rest.subarray(at, lineEnd).toString('latin1'), 16);
    if (size === 0) return Buffer.concat(parts);
    const end = lineEnd + 2 + size;
    if (rest.byteLength < end + 2) return undefined;
    parts.push(rest.subarray(lineEnd + 2, end));
    at = end + 2;
  }
}
