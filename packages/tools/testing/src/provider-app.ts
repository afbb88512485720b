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

/** A server on a free port of this machine, to stand in for a provider's API. */
export async function serveLoopback(listener: RequestListener): Promise<LoopbackServer> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The server has no port.');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
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
 * one, unless `settings` says otherwise.
 */
export async function providerApp(provider: Provider<never>, settings: TasklatchSettings = {}): Promise<ProviderApp> {
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
  return {
    latch,
    origin: server.origin,
    settled,
    async close() {
      await latch.stop();
      await server.close();
    },
  };
}
