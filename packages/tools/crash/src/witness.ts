import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** Hears from effects without a transaction that they ran. Outside everything that is killed. */
export interface Witness {
  readonly url: string;
  /** How often each effect key was heard. */
  readonly heard: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

export async function startWitness(): Promise<Witness> {
  const heard = new Map<string, number>();
  const server = createServer(async (request, response) => {
    const key = await text(request).catch(() => undefined);
    // A sender that died in the middle has told nothing.
    if (key === undefined) return;
    heard.set(key, (heard.get(key) ?? 0) + 1);
    // For the kill to hit an effect that has done its work and could not say so yet.
    setTimeout(() => response.end(), Math.random() * 150);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // Never a string: this server listens on a port.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    heard,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
