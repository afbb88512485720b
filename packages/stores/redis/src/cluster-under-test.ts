import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, Redis } from 'ioredis';
import { createCluster } from 'redis';
import { freePort, type Server, startRedis } from '../../../../tools/services.js';
import type { ClientUnderTest } from './clients-under-test.js';
import { fromIoredis, fromNodeRedisCluster } from './send-command.js';
import { subscribeIoredis, subscribeNodeRedis } from './subscribe.js';

const SLOTS = 16_384;

export interface ClusterUnderTest {
  readonly servers: readonly Server[];
  stop(): Promise<void>;
}

/** A real cluster of some masters, without replicas. */
export async function startCluster(count: number, settings: Record<string, string> = {}): Promise<ClusterUnderTest> {
  // The default bus port, 10,000 above the other, lies where the system takes the ports of outgoing connections from.
  const buses = await Promise.all(Array.from({ length: count }, freePort));
  const servers = await Promise.all(
    buses.map((bus) =>
      startRedis({
        // Said aloud, since a server alone does not know its own address.
        settings: {
          ...settings,
          'cluster-enabled': 'yes',
          'cluster-port': String(bus),
          'cluster-announce-ip': '127.0.0.1',
        },
      }),
    ),
  );
  const nodes = servers.map((server) => new Redis(server.url));
  const stop = async () => {
    for (const node of nodes) node.disconnect();
    await Promise.all(servers.map((server) => server.stop()));
  };
  try {
    const borders = Array.from({ length: count + 1 }, (_, index) => Math.round((SLOTS / count) * index));
    for (const [index, node] of nodes.entries()) {
      const [from = 0, to = 0] = borders.slice(index, index + 2);
      await node.call('CLUSTER', 'ADDSLOTSRANGE', String(from), String(to - 1));
      await node.call('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
    }
    for (const [index, { port }] of servers.entries()) {
      if (index > 0) await nodes[0]?.call('CLUSTER', 'MEET', '127.0.0.1', String(port), String(buses[index]));
    }
    for (const node of nodes) await untilWhole(node, count);
    return { servers, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Until the node knows all others and finds every slot served. */
async function untilWhole(node: Redis, count: number): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end; await sleep(50)) {
    const info = String(await node.call('CLUSTER', 'INFO'));
    const slots = await node.call('CLUSTER', 'SLOTS');
    if (info.includes('cluster_state:ok') && Array.isArray(slots) && slots.length === count) return;
  }
  throw new Error('The cluster did not come up.');
}

export async function withIoredisCluster(url: string): Promise<ClientUnderTest> {
  const cluster = new Cluster([url]);
  cluster.on('error', () => {}); // Each command rejects with it.
  await new Promise((resolve) => cluster.once('ready', resolve));
  return {
    sendCommand: fromIoredis(cluster),
    subscribe: subscribeIoredis(cluster),
    close: async () => cluster.disconnect(),
  };
}

export async function withNodeRedisCluster(url: string): Promise<ClientUnderTest> {
  const cluster = createCluster({ rootNodes: [{ url }] });
  cluster.on('error', () => {}); // Each command rejects with it.
  await cluster.connect();
  return {
    sendCommand: fromNodeRedisCluster(cluster),
    subscribe: subscribeNodeRedis(cluster),
    close: async () => cluster.destroy(),
  };
}
