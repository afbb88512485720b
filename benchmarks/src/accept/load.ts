import autocannon from 'autocannon';
import { answer } from '../child.js';
import { PATH, signedWebhook } from './webhook.js';

export interface Load {
  readonly port: number;
  /** One signed delivery for each. */
  readonly externalIds: readonly string[];
  readonly connections: number;
}

export interface Answers {
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Sends every delivery once, signed beforehand. Rejects when one is not answered 200. */
async function send({ port, externalIds, connections: wanted }: Load): Promise<Answers> {
  const connections = Math.min(wanted, externalIds.length);
  const requests = externalIds.map((id) => ({ method: 'POST' as const, path: PATH, ...signedWebhook(id) }));
  const times: number[] = [];
  let [began, ended, client, refused] = [0, 0, 0, 0];
  await new Promise<void>((resolve, reject) => {
    const run = autocannon(
      {
        url: `http://127.0.0.1:${port}`,
        connections,
        amount: requests.length,
        sampleInt: 20,
        // The deliveries are dealt out as autocannon deals out `amount`.
        setupClient: (one) => {
          one.setRequests(requests.filter((_, index) => index % connections === client));
          client += 1;
        },
      },
      (error, result) => {
        refused += result.errors + result.timeouts;
        if (error) reject(error);
        else resolve();
      },
    );
    run.on('start', () => {
      began = performance.now();
    });
    run.on('response', (_client, status, _bytes, ms) => {
      times.push(ms);
      ended = performance.now();
      if (status !== 200) refused += 1;
    });
  });
  if (refused > 0 || times.length !== requests.length)
    throw new Error(`${refused} of ${requests.length} deliveries were not answered 200.`);
  times.sort((a, b) => a - b);
  const at = (part: number): number => times[Math.floor((times.length - 1) * part)] ?? Number.NaN;
  return { seconds: (ended - began) / 1000, p50Ms: at(0.5), p99Ms: at(0.99) };
}

answer(send);
