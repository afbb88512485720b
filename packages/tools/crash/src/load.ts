import { setTimeout as sleep } from 'node:timers/promises';

/** Submits one key after the other, each until it is answered, as a client with retries would. */
export interface Load {
  /** The answers given with 200, by submit key. */
  readonly answered: ReadonlyMap<string, { readonly id: string; readonly externalId: string | null }>;
  readonly keys: readonly string[];
  /** Begins no further key, and waits for the answers of those begun. */
  stop(): Promise<void>;
}

/** So many keys at once wait for their answer at most. */
const OUTSTANDING = 200;

/** Begins no key while `behind` says that there is enough to do. */
export function startLoad(url: string, everyMs: number, behind: () => boolean): Load {
  const answered = new Map<string, { id: string; externalId: string | null }>();
  const keys: string[] = [];
  const outstanding = new Set<Promise<void>>();

  async function submit(key: string): Promise<void> {
    for (;;) {
      try {
        const body = JSON.stringify({ key });
        const signal = AbortSignal.timeout(6_000);
        const answer = await fetch(`${url}/submit`, { method: 'POST', body, signal });
        if (answer.status === 200) {
          // The cast: our own app answers.
          answered.set(key, (await answer.json()) as { id: string; externalId: string | null });
          return;
        }
      } catch {
        // Refused, cut off, or late: again with the same key.
      }
      await sleep(50 + Math.random() * 200);
    }
  }

  function begin(): void {
    if (outstanding.size >= OUTSTANDING || behind()) return;
    const key = `order-${keys.length + 1}`;
    keys.push(key);
    const submitted = submit(key).finally(() => outstanding.delete(submitted));
    outstanding.add(submitted);
  }

  const timer = setInterval(begin, everyMs);
  return {
    answered,
    keys,
    async stop() {
      clearInterval(timer);
      await Promise.all(outstanding);
    },
  };
}
