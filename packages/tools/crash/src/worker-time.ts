/** How long workers were up: on a slow machine, where all of them are starting up again, nobody can keep a promise. */
export interface WorkerTime {
  /** Milliseconds between two times, as of `Date.now`, during which some worker was up. */
  between(from: number, to: number): number;
  stop(): void;
}

const EVERY_MS = 100;

export function workerTime(isUp: () => boolean): WorkerTime {
  const spans: { readonly from: number; to: number }[] = [];
  let last: { readonly at: number; readonly up: boolean } = { at: Date.now(), up: false };
  const timer = setInterval(() => {
    const now = { at: Date.now(), up: isUp() };
    const span = spans.at(-1);
    if (now.up && last.up) {
      if (span?.to === last.at) span.to = now.at;
      else spans.push({ from: last.at, to: now.at });
    }
    last = now;
  }, EVERY_MS);
  return {
    between: (from, to) =>
      spans.reduce((sum, span) => sum + Math.max(0, Math.min(span.to, to) - Math.max(span.from, from)), 0),
    stop: () => clearInterval(timer),
  };
}
