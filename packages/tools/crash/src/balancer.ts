import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** One address in front of several app processes, as a load balancer is: connections go to those that are up, in turn. */
export interface Balancer {
  readonly port: number;
  close(): Promise<void>;
}

/** `up` tells the ports of those that are up now. */
export async function startBalancer(up: () => readonly number[]): Promise<Balancer> {
  const open = new Set<Socket>();
  let turn = 0;
  const server = createServer((client) => {
    const ports = up();
    const port = ports[turn++ % Math.max(ports.length, 1)];
    if (port === undefined) {
      client.resetAndDestroy();
      return;
    }
    const app = connect(port, '127.0.0.1');
    for (const [socket, other] of [
      [client, app],
      [app, client],
    ] as const) {
      open.add(socket);
      socket.on('error', () => other.resetAndDestroy());
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    // Never a string: this server listens on a port.
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
