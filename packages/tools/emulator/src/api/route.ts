import type { IncomingMessage, ServerResponse } from 'node:http';

/** Answers one request. What it throws ends the connection. */
export type Route = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<void>;
