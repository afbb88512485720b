import type { TaskHandlerOptions, Tasklatch, TasklatchOptions } from '@tasklatch/core';

/**
 * What runs over every request before it reaches the routes under test. `json`, `urlencoded`, `text` and `raw` are the framework's usual
 * parsers (`text` and `raw` for any content type); `rawBody` is a JSON parser that also keeps the bytes, set up as the adapter's README says.
 */
export type BodyParser = 'none' | 'json' | 'urlencoded' | 'text' | 'raw' | 'rawBody';

export const BODY_PARSERS: readonly BodyParser[] = ['none', 'json', 'urlencoded', 'text', 'raw', 'rawBody'];

/** What the suite wants served. */
export interface AdapterParts {
  /** The latch whose routes to mount. */
  readonly latch: Tasklatch;
  /** What `latch` was made from, for an adapter that makes its own: give that back as `latch`. */
  readonly options: TasklatchOptions<undefined>;
  /** Where to mount the callback routes: `/callbacks`, or a deeper path. */
  readonly callbacksAt: string;
  /** Where to mount the task routes. */
  readonly tasksAt: string;
  /** Options of the task routes beside `owner`. */
  readonly tasks: Omit<TaskHandlerOptions, 'owner'>;
  /** The owner for the value of the `x-user` header. What it throws is an error of the app: let it through. */
  owner(user: string | undefined): string | undefined;
  readonly parser: BodyParser;
}

export interface ServedAdapter {
  /** `http://127.0.0.1:<port>`, without a path. */
  readonly url: string;
  /** The latch that serves, where it is not `parts.latch`. */
  readonly latch?: Tasklatch;
  /** Closes the server, whatever clients still hold open. */
  close(): Promise<void>;
}

/**
 * Starts an app as a user would write it, on loopback and a free port, and mounts the routes in it. Besides them the app has:
 * - `parts.parser`, above everything;
 * - the framework's own compression, above everything, where there is one;
 * - error handling of its own: status 500, header `x-app-error` with the error's message, body `the app's own error page`;
 * - `POST /own`: status 200, header `x-own: yes`, and the body as the app's parser left it, as JSON in `{ "body": … }`.
 */
export type ServeAdapter = (parts: AdapterParts) => Promise<ServedAdapter>;
