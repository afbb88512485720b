import { answer } from '../child.js';
import type { Services, StoreName } from '../services.js';
import { serveByHand } from './by-hand.js';
import { type Framework, serve } from './framework.js';
import type { Receiver } from './receiver.js';
import { serveLatch } from './serve-latch.js';

/** What to serve: a bare route where no store is named. */
export type Served =
  | { readonly kind: 'bare'; readonly framework: Framework }
  | { readonly kind: 'latch'; readonly framework: Framework; readonly store: StoreName }
  | { readonly kind: 'by hand'; readonly framework: 'express'; readonly store: StoreName };

export interface Opening {
  readonly open: readonly string[];
}

export interface Standing {
  readonly port: number;
  readonly settled: number | null;
  /** What this process has used so far, in microseconds. */
  readonly cpuUs: number;
}

/** Starts what is to be put under load in this process, for `process.argv`. */
async function receiver(served: Served, services: Services, space: string): Promise<Receiver> {
  if (served.kind === 'latch') return serveLatch(served.framework, served.store, services, space);
  if (served.kind === 'by hand') return serveByHand(served.store, services, space);
  return { port: await serve(served.framework, null), open: async () => {}, settled: () => null };
}

const [served, services, space] = process.argv.slice(2);
if (served === undefined || services === undefined || space === undefined)
  throw new Error('Started by accept.ts with what to serve, the services and a name.');
const started = receiver(JSON.parse(served), JSON.parse(services), space);
started.catch(() => {}); // Told to whoever asks first.

answer(async ({ open }: Opening): Promise<Standing> => {
  const under = await started;
  if (open.length > 0) await under.open(open);
  const { user, system } = process.cpuUsage();
  return { port: under.port, settled: under.settled(), cpuUs: user + system };
});
