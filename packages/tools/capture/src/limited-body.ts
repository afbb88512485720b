import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { CaptureError } from './capture-error.js';

export interface LimitedBody {
  readonly stream: Readable;
  /** Whether the whole body went through. */
  readonly complete: () => boolean;
  /** Why it did not, when it is the body's fault. */
  readonly failure: () => CaptureError | undefined;
}

/** The body as a stream that fails when it is empty, too long, or breaks off. */
export function limitedBody(response: IncomingMessage, maxBytes: number): LimitedBody {
  let complete = false;
  let failure: CaptureError | undefined;
  const fail = (error: CaptureError): CaptureError => {
    failure ??= error;
    return failure;
  };

  async function* bytes(): AsyncGenerator<Uint8Array> {
    let length = 0;
    try {
      for await (const chunk of response) {
        length += chunk.length;
        if (length > maxBytes) throw new CaptureError('too_large');
        yield chunk;
      }
    } catch (error) {
      // What else breaks here is the connection, and its error may name the host.
      throw fail(error instanceof CaptureError ? error : new CaptureError('truncated'));
    }
    if (!response.complete) throw fail(new CaptureError('truncated'));
    if (length === 0) throw fail(new CaptureError('empty'));
    complete = true;
  }

  const stream = Readable.from(bytes(), { objectMode: false });
  // A target that has stopped listening must not end the process when the body breaks after that.
  stream.on('error', () => undefined);
  return { stream, complete: () => complete, failure: () => failure };
}
