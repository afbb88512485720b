import { createServer } from 'node:net';

// Below the range from which Linux (32768+), macOS and Windows (49152+) take the ports of outgoing connections and of
// `listen(0)`: while a server is down in an outage test, nobody else is handed its port.
const LOWEST = 15_000;
const COUNT = 15_000;

/** A port on 127.0.0.1 that nobody listens on, and that stays free while its server is down for a restart. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = LOWEST + Math.floor(Math.random() * COUNT);
    if (await canListen(port)) return port;
  }
  throw new Error(`No free port found between ${LOWEST} and ${LOWEST + COUNT}.`);
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
