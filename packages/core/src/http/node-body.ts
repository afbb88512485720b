import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { TasklatchError } from '../errors.js';
import type { HttpBody } from '../http.js';

/** Where the bytes of a body may be found on Node. */
export interface NodeBodySource {
  readonly headers: IncomingHttpHeaders;
  readonly stream: Readable;
  /** False when something before replaced the stream, by an inflated one for instance. */
  readonly untouched: boolean;
  /** What a parser that ran before left, as `request.body` and `request.rawBody`. */
  readonly body: unknown;
  readonly rawBody: unknown;
  readonly fix: string;
}

/** The bytes as they came, from what a parser kept or else from the stream; or a body printed again from what a parser made of it. */
export async function nodeBody(source: NodeBodySource, limitBytes: number): Promise<HttpBody> {
  const left = bytesLeft(source);
  if (left !== undefined) {
    if (left.bytes.byteLength > limitBytes) throw tooLarge(limitBytes);
    return left;
  }
  const { fix, headers, stream, untouched } = source;
  if (Number(headers['content-length'] ?? 0) > limitBytes) throw tooLarge(limitBytes);
  // Flowing before we begin: somebody else is reading, and we would get what is left.
  if (wasRead(stream) || stream.readableFlowing === true)
    throw new TasklatchError('body_consumed', `The body of this request is gone. Fix: ${fix}`);
  if (stream.destroyed) throw aborted();
  return { bytes: await readStream(stream, limitBytes), exact: untouched };
}

function bytesLeft({ body, headers, rawBody, stream }: NodeBodySource): HttpBody | undefined {
  for (const kept of [rawBody, body]) {
    if (kept instanceof Uint8Array) return { bytes: kept, exact: isWhole(kept, headers) };
    // Express 4 puts an empty object there before any parser ran, but nobody puts a string.
    if (typeof kept === 'string') {
      const bytes = Buffer.from(kept);
      return { bytes, exact: isUtf8(kept, headers) && isWhole(bytes, headers) };
    }
  }
  // Only a stream that was read tells that a parser made this of it.
  if (!wasRead(stream) || body === undefined || body === null) return undefined;
  if (headers['content-length'] === '0') return { bytes: new Uint8Array(), exact: true };
  const text = printed(body, headers['content-type'] ?? '');
  return text === undefined ? undefined : { bytes: Buffer.from(text), exact: false };
}

/** An empty stream ends without anything being read. */
const wasRead = (stream: Readable): boolean => stream.readableDidRead || stream.readableEnded;

/** Parsers inflate, and drop a byte order mark: then the length is another than the one that was sent. */
function isWhole(bytes: Uint8Array, headers: IncomingHttpHeaders): boolean {
  const length = headers['content-length'];
  if (length !== undefined) return bytes.byteLength === Number(length);
  return (headers['content-encoding'] ?? 'identity') === 'identity';
}

/** Whether text was made of its bytes without a loss. */
function isUtf8(text: string, headers: IncomingHttpHeaders): boolean {
  const charset = /charset="?([^";\s]+)/i.exec(headers['content-type'] ?? '')?.[1] ?? 'utf-8';
  return /^(utf-?8|us-ascii)$/i.test(charset) && !text.includes('\uFFFD');
}

/** A parsed body in the format that it came in; undefined for one that can't be printed in it. */
function printed(body: unknown, type: string): string | undefined {
  if (!/^application\/x-www-form-urlencoded/i.test(type)) {
    try {
      return JSON.stringify(body);
    } catch {
      // Of a parser that makes more of a body than JSON can say.
      return undefined;
    }
  }
  if (typeof body !== 'object' || body === null) return undefined;
  const pairs = Object.entries(body).flatMap(([name, value]) => [value].flat().map((one: unknown) => [name, one]));
  const flat = pairs.filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  return flat.length === pairs.length ? new URLSearchParams(flat).toString() : undefined;
}

function readStream(stream: Readable, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const done = (settle: () => void): void => {
      stream.off('data', onData).off('end', onEnd).off('close', onGone);
      // A late error has nobody else to go to, and nothing to add.
      stream.off('error', onGone).on('error', () => undefined);
      settle();
    };
    const onData = (chunk: Buffer): void => {
      length += chunk.byteLength;
      if (length <= limitBytes) {
        chunks.push(chunk);
        return;
      }
      // The rest is not read: the answer goes out and the connection is closed.
      stream.pause();
      done(() => reject(tooLarge(limitBytes)));
    };
    const onEnd = (): void => done(() => resolve(Buffer.concat(chunks, length)));
    const onGone = (): void => done(() => reject(aborted()));
    stream.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
}

const aborted = (): TasklatchError =>
  new TasklatchError('body_aborted', 'The client went before its body was complete.');

const tooLarge = (limitBytes: number): TasklatchError =>
  new TasklatchError(
    'body_too_large',
    `The body is larger than ${limitBytes} bytes. Raise \`callbacks.limitBytes\` if this sender's bodies really are.`,
  );
