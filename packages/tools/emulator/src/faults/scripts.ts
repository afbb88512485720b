import { type Faults, mergeFaults } from './faults.js';

/** A submit as a script sees it, before any task is made. */
export interface SeenSubmit {
  /** Counts all POSTs to submit, from 1. */
  readonly ordinal: number;
  readonly model: string;
  readonly marker: string | undefined;
  /** The JSON body as it came. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** `next`: only the next submit that no other `next` has taken. */
export type Match = 'next' | ((submit: SeenSubmit) => boolean);

/** Faults for single tasks, over the emulator's own. */
export interface Scripts {
  /** Returns a function that takes the script back; tasks already made keep it. */
  add(match: Match, faults: Faults): () => void;
  /** The faults of all scripts that match, later ones over earlier ones. Uses up one `next`. */
  take(submit: SeenSubmit): Faults | undefined;
}

export function createScripts(): Scripts {
  const scripts = new Set<{ readonly match: Match; readonly faults: Faults }>();
  return {
    add(match, faults) {
      const script = { match, faults };
      scripts.add(script);
      return () => void scripts.delete(script);
    },
    take(submit) {
      let faults: Faults | undefined;
      let tookNext = false;
      for (const script of scripts) {
        if (script.match === 'next') {
          if (tookNext) continue;
          tookNext = true;
          scripts.delete(script);
        } else if (!script.match(submit)) {
          continue;
        }
        faults = mergeFaults(faults ?? {}, script.faults);
      }
      return faults;
    },
  };
}
