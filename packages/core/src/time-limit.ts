import type { Clock } from './clock.js';

/** Settles as `work` does, or rejects with `late()` after `ms`; `work` goes on unobserved then. */
export function withTimeLimit<T>(clock: Clock, ms: number, work: Promise<T>, late: () => Error): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const cancel = clock.setTimeout(() => reject(late()), ms);
    work.then(
      (value) => {
        cancel();
        resolve(value);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}

/** Resolves after `ms`, or at once when the signal aborts. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.setTimeout(end, ms);
    signal?.addEventListener('abort', end, { once: true });
  });
}

/** Exponential backoff with full jitter: anything from 0 to `baseMs * 2 ** (attempt - 1)`, at most `capMs`. */
export const fullJitter = (fraction: number, attempt: number, baseMs: number, capMs: number): number =>
  Math.round(fraction * Math.min(capMs, baseMs * 2 ** Math.min(attempt - 1, 40)));
