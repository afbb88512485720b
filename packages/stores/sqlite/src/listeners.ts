import type { Wake } from './act.js';
import type { Writer } from './writer.js';

/** Those who asked to be woken. */
export interface Listeners {
  readonly told: Wake;
  add(wake: Wake, writer: Writer): () => Promise<void>;
  stop(): void;
}

/** Own changes are told at once; those of other processes are looked for every `pollMs`, and only that there were some. */
export function listeners(pollMs: number): Listeners {
  const all = new Set<Wake>();
  let polling: NodeJS.Timeout | undefined;
  let seen: number | undefined;

  const told: Wake = (...wake) => {
    // In a turn of its own: what a listener throws is not for the acts of others to bear.
    for (const listener of all) queueMicrotask(() => listener(...wake));
  };

  async function look(writer: Writer): Promise<void> {
    const version = await writer.read(({ database }) => {
      // Grows when another connection has committed. The cast: this is what that pragma answers.
      const [row] = database.prepare('PRAGMA data_version').all() as { readonly data_version: number }[];
      return row?.data_version;
    });
    if (seen !== undefined && version !== seen)
      for (const what of ['effect', 'check', 'task'] as const) told(what, null);
    seen = version;
  }

  function stop(): void {
    clearInterval(polling);
    polling = undefined;
    seen = undefined;
  }

  return {
    told,
    add(wake, writer) {
      // A wrapper, so that one function given twice counts twice.
      const listener: Wake = (...what) => wake(...what);
      all.add(listener);
      // A look that fails costs a wake-up, which may always be lost.
      polling ??= setInterval(() => void look(writer).catch(() => {}), pollMs).unref();
      return async () => {
        all.delete(listener);
        if (all.size === 0) stop();
      };
    },
    stop,
  };
}
