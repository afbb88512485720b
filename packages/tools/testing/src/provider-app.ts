import { createServer, type RequestListener } from 'node:http';
import {
  type CallbackHandler,
  createTasklatch,
  memoryStore,
  type Provider,
  type Task,
  type Tasklatch,
  type TasklatchSettings,
  toNodeListener,
} from '@tasklatch/core';

export interface LoopbackServer {
  readonly origin: string;
  close(): Promise<void>;
}

/** The runner's way to clean up after a test: `onTestFinished` of vitest, `(free) => t.after(free)` of node:test. */
export type AtEnd = (free: () => Promise<void>) => void;

/** A server on a free port of this machine, to stand in for a provider's API. Without `atEnd` call `close` yourself. */
export async function serveLoopback(listener: RequestListener, atEnd?: AtEnd): Promise<LoopbackServer> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The server has no port.');
  const close = (): Promise<void> => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  atEnd?.(close);
  return { origin: `http://127.0.0.1:${address.port}`, close };
}

export interface ProviderApp {
  readonly latch: Tasklatch;
  /** Callbacks are taken below it: `{origin}/{provider}/{token}`. */
  readonly origin: string;
  /** What the effect got, in its order. */
  readonly settled: readonly Task[];
  close(): Promise<void>;
}

/**
 * A whole app around one provider, in memory: callbacks over HTTP, checks and effects running. Checks come only when a delivery asks for
 * one, unless `settings` says otherwise. Without `atEnd` call `close` yourself.
 */
export async function providerApp(
  provider: Provider<never>,
  settings: TasklatchSettings = {},
  atEnd?: AtEnd,
): Promise<ProviderApp> {
  let handler: CallbackHandler | undefined;
  const server = await serveLoopback((request, response) => handler && toNodeListener(handler)(request, response));
  const latch = createTasklatch({
    store: memoryStore(),
    providers: [provider],
    callbacks: { baseUrl: server.origin, secret: 'a secret of thirty-two characters or more' },
    checks: { firstWithCallbackMs: 600_000, firstWithoutCallbackMs: 600_000 },
    pollMs: 20,
    ...settings,
  });
  handler = latch.callbacks;
  const settled: Task[] = [];
  latch.onSettled(async (task) => void settled.push(task));
  await latch.start();
  const close = async (): Promise<void> => {
    await latch.stop();
    await server.close();
  };
  atEnd?.(close);
  return { latch, origin: server.origin, settled, close };
}
