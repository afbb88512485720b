import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResultFile, Task } from '@tasklatch/core';
import { aTask } from '@tasklatch/testing';
import { afterEach } from 'vitest';

export interface Running {
  readonly port: number;
  /** `http://127.0.0.1:<port>`, or the address it listens at. */
  readonly url: string;
  /** Requests so far. */
  readonly requests: () => number;
  /** Connections so far, requests or not. */
  readonly connections: () => number;
}

/** Servers and folders that are gone after each test of the file that calls this. */
export function running() {
  const open: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of open.splice(0)) await close();
  });

  async function listen(server: Server, address: string): Promise<Running> {
    const sockets = new Set<Socket>();
    let connections = 0;
    let requests = 0;
    server.on('connection', (socket: Socket) => {
      connections += 1;
      sockets.add(socket);
      // Clients break off all the time here.
      socket.on('error', () => undefined);
    });
    server.on('request', () => {
      requests += 1;
    });
    await new Promise<void>((resolve) => server.listen(0, address, resolve));
    open.push(() => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    });
    const { port } = server.address() as AddressInfo;
    return { port, url: `http://${address}:${port}`, requests: () => requests, connections: () => connections };
  }

  return {
    serve: (listener: RequestListener, address = '127.0.0.1') => listen(createServer(listener), address),
    serveTls: (key: string, cert: string, listener: RequestListener) =>
      listen(createTlsServer({ key, cert }, listener), '127.0.0.1'),
    async folder(): Promise<string> {
      const path = await mkdtemp(join(tmpdir(), 'tasklatch-capture-'));
      open.push(() => rm(path, { recursive: true, force: true }));
      return path;
    },
  };
}

/** A task that succeeded with files at these URLs. */
export function succeeded(urls: readonly string[], kind: ResultFile['kind'] = 'image', over: Partial<Task> = {}): Task {
  return aTask({ status: 'succeeded', result: { files: urls.map((url) => ({ url, kind })) }, ...over });
}

export const context = (signal: AbortSignal = new AbortController().signal) => ({ signal, effectKey: 'effect-1' });
