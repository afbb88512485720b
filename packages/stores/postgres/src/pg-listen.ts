import type { Listen } from './database.js';

/** What is used of a `Client` of `pg`. */
export interface PgListenClient {
  connect(): Promise<unknown>;
  query(text: string): Promise<unknown>;
  on(event: 'notification', listener: (message: { readonly payload?: string | undefined }) => void): unknown;
  on(event: 'error' | 'end', listener: () => void): unknown;
  end(): Promise<void>;
}

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 15_000;

/**
 * Listens on a client of its own, made anew whenever it is lost. `pingEveryMs`: how often the connection is asked whether it is alive;
 * it has until the next time to say so.
 */
export function pgListen(makeClient: () => PgListenClient | Promise<PgListenClient>, pingEveryMs = 15_000): Listen {
  return async (channel, heard) => {
    let stopped = false;
    let tries = 0;
    /** Ends what is being waited for. */
    let interrupt = (): void => {};

    /** Resolves when the connection is lost or given up; `listening` is called in between. */
    const listenOnce = (client: PgListenClient, listening: () => void): Promise<void> =>
      new Promise((resolve) => {
        let alive = false;
        const end = (): void => {
          clearInterval(ping);
          // A connection that is half dead may never end: nobody waits for it.
          client.end().catch(() => {});
          resolve();
        };
        const ping = setInterval(() => {
          if (!alive) return end();
          alive = false;
          client.query('select 1').then(() => {
            alive = true;
          }, end);
        }, pingEveryMs).unref();
        interrupt = end;
        client.on('error', end);
        client.on('end', end);
        client.on('notification', ({ payload }) => heard(payload ?? null));
        const started = async (): Promise<void> => {
          await client.connect();
          await client.query(`listen "${channel}"`);
          alive = true;
          listening();
        };
        started().catch(end);
      });

    const wait = (ms: number): Promise<void> =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, ms).unref();
        interrupt = () => {
          clearTimeout(timer);
          resolve();
        };
      });

    const listenOn = async (firstTried: () => void): Promise<void> => {
      let missed = false;
      while (!stopped) {
        try {
          await listenOnce(await makeClient(), () => {
            tries = 0;
            if (missed) heard(null);
            firstTried();
          });
        } catch {
          // No client, no news: whoever waits for news looks by himself from time to time.
        }
        missed = true;
        firstTried();
        if (!stopped) await wait(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries++) * (0.5 + Math.random() / 2));
      }
    };

    let done = Promise.resolve();
    await new Promise<void>((firstTried) => {
      done = listenOn(firstTried);
    });
    return async () => {
      stopped = true;
      interrupt();
      await done;
    };
  };
}
