import { get, type IncomingMessage } from 'node:http';

export interface StreamEvent {
  readonly id: string | undefined;
  readonly event: string | undefined;
  // The suite reads what `taskView` and `expose` print.
  readonly data: Readonly<Record<string, unknown>>;
}

export interface EventStream {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** The next event; rejects when the stream ends before one comes, or after `withinMs`. */
  next(withinMs?: number): Promise<StreamEvent>;
  /** All text so far. */
  text(): string;
  /** Resolves when the server has ended the stream. */
  ended(withinMs?: number): Promise<void>;
  /** Goes away as a closed browser tab does. */
  drop(): void;
}

/** Opens an event stream as a browser does, through what compresses and buffers if it may. */
export function openStream(url: string, headers: Readonly<Record<string, string>> = {}): Promise<EventStream> {
  return new Promise((resolve, reject) => {
    const accept = { accept: 'text/event-stream', 'accept-encoding': 'gzip, deflate, br' };
    const request = get(url, { agent: false, headers: { ...accept, ...headers } });
    request.on('error', reject);
    const late = setTimeout(() => request.destroy(new Error('The stream did not begin within 10 s.')), 10_000);
    request.on('close', () => clearTimeout(late));
    request.on('response', (response) => {
      clearTimeout(late);
      let text = '';
      let read = 0;
      let over = false;
      let wake: () => void = () => undefined;
      const end = (): void => {
        over = true;
        wake();
      };
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
        wake();
      });
      response.on('end', end).on('close', end).on('error', end);
      const until = async <T>(what: string, withinMs: number, look: () => T | undefined): Promise<T> => {
        for (const late = Date.now() + withinMs; ; ) {
          const found = look();
          if (found !== undefined) return found;
          if (over) throw new Error(`The stream ended before ${what}.`);
          if (Date.now() >= late) throw new Error(`Waited ${withinMs} ms in vain for ${what}.`);
          let timer: NodeJS.Timeout | undefined;
          await new Promise<void>((go) => {
            wake = go;
            timer = setTimeout(go, late - Date.now());
          });
          clearTimeout(timer);
        }
      };
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        text: () => text,
        drop: () => void request.destroy(),
        ended: (withinMs = 10_000) => until('its end', withinMs, () => (over ? true : undefined)).then(() => undefined),
        next: (withinMs = 10_000) =>
          until('the next event', withinMs, () => {
            for (;;) {
              const stop = text.indexOf('\n\n', read);
              if (stop < 0) return undefined;
              const block = text.slice(read, stop);
              read = stop + 2;
              const event = eventOf(block);
              if (event !== undefined) return event;
            }
          }),
      });
    });
  });
}

/** Undefined for comments and for the retry time. */
function eventOf(block: string): StreamEvent | undefined {
  const field = (name: string): string | undefined =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  const data = field('data');
  return data === undefined ? undefined : { id: field('id'), event: field('event'), data: JSON.parse(data) };
}
