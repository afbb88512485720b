import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { sendProviderError } from './provider-error.js';
import type { Route } from './route.js';

export interface Routes {
  readonly submit: Route;
  readonly status: Route;
  readonly musicDetail: Route;
  readonly media: Route;
  readonly control: Route;
}

export interface RunningServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Longer than clients keep sockets, so that none is closed under a request that is being sent. */
const KEEP_ALIVE_MS = 60_000;

/** Listens on this machine only. */
export async function startServer(port: number, routes: Routes): Promise<RunningServer> {
  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    response.on('error', () => {});
    Promise.resolve(routeFor(request.method ?? 'GET', url.pathname, routes)(request, response, url)).catch(() => {
      // The client went away while we read its request, or a route failed: either way nothing true can be answered.
      request.socket.destroy();
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  // A TCP server that listens has an address with a port.
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function routeFor(method: string, path: string, routes: Routes): Route {
  if (path.startsWith('/__emulator/')) return routes.control;
  if (path.startsWith('/files/')) return method === 'GET' || method === 'HEAD' ? routes.media : notAllowed;
  if (path === '/api/generate/submit') return method === 'POST' ? routes.submit : notAllowed;
  if (path.startsWith('/api/generate/status/')) return method === 'GET' ? routes.status : notAllowed;
  if (path === '/api/generate/detail/music') return method === 'GET' ? routes.musicDetail : notAllowed;
  return notFound;
}

const notAllowed: Route = async (_, response) => sendProviderError(response, { status: 405 });
const notFound: Route = async (_, response) => sendProviderError(response, { status: 404, message: 'Not found' });
