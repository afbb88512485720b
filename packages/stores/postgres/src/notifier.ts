/** What changed: `effect` and `check` became due, `task` changed visibly. */
export type News = readonly [what: 'effect' | 'check' | 'task', taskId: string | null];

/** NOTIFY takes less than 8000 bytes. */
const PAYLOAD_BYTES = 7500;
/** More than this waiting to be told, and ids are left out. */
const MOST_WAITING = 1000;

export interface Notifier {
  tell(news: readonly News[]): void;
  /** Resolves when all is told or given up. */
  flush(): Promise<void>;
}

/**
 * Tells other instances, after the commit and apart from it: a NOTIFY inside a transaction that writes makes all such commits of the
 * server wait for each other's flush. What comes while one is under way goes together in the next.
 */
export function notifier(send: (payload: string) => Promise<unknown>): Notifier {
  let waiting = new Map<string, News>();
  let sending: Promise<void> | undefined;

  async function sendAll(): Promise<void> {
    // One turn of the loop, so that what was recorded together is told together.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.size > 0) {
      const news = [...waiting.values()];
      waiting = new Map();
      // It is only a wake-up: what can't be told is found by looking.
      for (const payload of payloads(news)) await send(payload).catch(() => {});
    }
    sending = undefined;
  }

  return {
    tell(news) {
      for (const [what, taskId] of news) {
        const said: News = [what, waiting.size < MOST_WAITING ? taskId : null];
        waiting.set(`${what} ${said[1] ?? ''}`, said);
      }
      if (waiting.size > 0) sending ??= sendAll();
    },
    flush: async () => sending,
  };
}

function payloads(news: readonly News[]): string[] {
  const parts: string[] = [];
  let part: string[] = [];
  let bytes = 0;
  for (const item of news) {
    const text = JSON.stringify(item);
    const size = Buffer.byteLength(text) + 1;
    if (bytes + size > PAYLOAD_BYTES && part.length > 0) {
      parts.push(`[${part.join()}]`);
      part = [];
      bytes = 0;
    }
    part.push(size > PAYLOAD_BYTES ? JSON.stringify([item[0], null]) : text);
    bytes += size;
  }
  parts.push(`[${part.join()}]`);
  return parts;
}

/** The news in a payload; everything may have changed when it says nothing that can be read. */
export function newsIn(payload: string | null): readonly News[] {
  if (payload !== null) {
    try {
      const news: unknown = JSON.parse(payload);
      if (Array.isArray(news)) return news.filter(isNews);
    } catch {
      // Somebody else's: treat it as a wake-up.
    }
  }
  return [
    ['effect', null],
    ['check', null],
    ['task', null],
  ];
}

const isNews = (item: unknown): item is News =>
  Array.isArray(item) &&
  (item[0] === 'effect' || item[0] === 'check' || item[0] === 'task') &&
  (item[1] === null || typeof item[1] === 'string');
