import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Which way bytes travel: requests go to the server, answers to the client. */
export type Direction = 'toServer' | 'toClient';

/** A TCP proxy on loopback that behaves like a bad network. Faults apply to open and to new connections alike. */
export interface FaultProxy {
  /** Connect here instead of to the server. */
  readonly port: number;
  /** How many connections pass through it now. */
  readonly connections: number;
  /** Everything that comes from now on arrives this many milliseconds later, in order. Both ways unless told. */
  delay(ms: number, direction?: Direction): void;
  /**
   * Nothing passes and nothing closes, as when the other machine lost its power: a half-open connection. What is sent
   * meanwhile waits for `heal`. Both ways unless told; `toClient` lets the server do the work and loses the answer.
   */
  stall(direction?: Direction): void;
  /** Resets every open connection on both sides, and forgets what was on its way. */
  cut(): void;
  /** New connections are refused (ECONNREFUSED), as when the server is down. Open ones go on. */
  refuse(): Promise<void>;
  /** Ends all faults: what was stalled goes on its way, and connections are taken again on the same port. */
  heal(): Promise<void>;
  /** Resets every connection and gives the port back. */
  close(): Promise<void>;
}

/** Starts a proxy in front of a server. Without faults it passes bytes, half-closes and resets on as they come. */
export async function faultProxy(target: { port: number; host?: string }): Promise<FaultProxy> {
  const roads = { toServer: road(), toClient: road() };
  const pairs = new Set<readonly [Socket, Socket]>();

  const door = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const server = connect({ ...target, host: target.host ?? '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const pair = [client, server] as const;
    pairs.add(pair);
    const forget = () => client.destroyed && server.destroyed && pairs.delete(pair);
    client.once('close', forget);
    server.once('close', forget);
    carry(client, server, roads.toServer);
    carry(server, client, roads.toClient);
  });
  const port = await listen(door, 0);

  const chosen = (direction: Direction | undefined) =>
    direction === undefined ? [roads.toServer, roads.toClient] : [roads[direction]];
  const cut = () => {
    for (const socket of [...pairs].flat()) socket.resetAndDestroy();
    pairs.clear();
  };

  return {
    port,
    get connections() {
      return pairs.size;
    },
    delay(ms, direction) {
      for (const each of chosen(direction)) each.delayMs = ms;
    },
    stall(direction) {
      for (const each of chosen(direction)) each.block();
    },
    cut,
    refuse: () => shut(door),
    async heal() {
      for (const each of chosen(undefined)) {
        each.delayMs = 0;
        each.unblock();
      }
      if (!door.listening) await listen(door, port);
    },
    async close() {
      await shut(door);
      cut();
    },
  };
}

/** One direction of all connections, and what is wrong with it. */
function road() {
  let opened = Promise.resolve();
  let open: (() => void) | undefined;
  return {
    delayMs: 0,
    block() {
      if (open !== undefined) return;
      opened = new Promise((resolve) => {
        open = resolve;
      });
    },
    unblock() {
      open?.();
      open = undefined;
    },
    passable: () => opened,
  };
}

/** More than this on its way, and the sender is not read from: a stall must not fill our memory. */
const MAX_BYTES_UNDER_WAY = 1 << 20;

function carry(from: Socket, to: Socket, way: ReturnType<typeof road>): void {
  let last = Promise.resolve();
  let underWay = 0;
  // One after the other, so that nothing overtakes what left before it.
  const send = (arrive: () => void) => {
    const dueAt = performance.now() + way.delayMs;
    last = last.then(async () => {
      const left = dueAt - performance.now();
      if (left > 0) await sleep(left);
      await way.passable();
      if (!to.destroyed) arrive();
    });
  };
  from.on('data', (chunk: Buffer) => {
    underWay += chunk.length;
    if (underWay > MAX_BYTES_UNDER_WAY) from.pause();
    send(() => {
      to.write(chunk, () => {
        underWay -= chunk.length;
        if (underWay <= MAX_BYTES_UNDER_WAY) from.resume();
      });
    });
  });
  from.once('end', () => send(() => to.end()));
  from.once('error', () => send(() => to.resetAndDestroy()));
}

function listen(door: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    door.once('error', reject);
    door.listen(port, '127.0.0.1', () => {
      door.off('error', reject);
      // Never a string: this server listens on a port.
      resolve((door.address() as AddressInfo).port);
    });
  });
}

/** Gives the port back; open connections stay, so the server's own `close` would not report back yet. */
async function shut(door: Server): Promise<void> {
  if (!door.listening) return;
  door.close();
  await sleep(0);
}
