/**
 * The value of a promise, or a rejection with the signal's reason when it aborts: for work that can't be stopped. `graceMs` gives work
 * that hears of the abort itself the time to clean up first.
 */
export function untilAborted<T>(signal: AbortSignal, promise: Promise<T>, graceMs = 0): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      timer = setTimeout(() => reject(signal.reason), graceMs);
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    });
  });
}
