/** A request as a framework adapter hands it over: plain values, the body read only when asked for. */
export interface HttpRequest {
  readonly method: string;
  /** Path below the mount point with its query, beginning with `/`, as it came (not decoded). */
  readonly path: string;
  /** Header value by lower-case name; repeated headers joined by `, `. */
  header(name: string): string | undefined;
  /**
   * The body's bytes. Rejects with `body_too_large` without reading the rest, `body_aborted` when the client went, and
   * `body_consumed` when a parser ate it and left nothing to rebuild it from.
   */
  body(limitBytes: number): Promise<HttpBody>;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
  /** The line of code that gets the raw bytes here in this framework, for the message when a parser ate them. */
  readonly rawBodyFix: string;
  /** The framework's own request, for the app's functions (`owner`). */
  readonly raw: unknown;
}

export interface HttpBody {
  readonly bytes: Uint8Array;
  /** False when a parser ate the bytes and these were printed again from what it left: good to parse, useless for a signature. */
  readonly exact: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** A stream for server-sent events, else text. */
  readonly body: string | AsyncIterable<string>;
}

export type HttpHandler = (request: HttpRequest) => Promise<HttpAnswer>;
/** Answers callbacks. Never rejects for anything a sender can do. */
export type CallbackHandler = HttpHandler;
