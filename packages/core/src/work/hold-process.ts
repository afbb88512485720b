/**
 * Keeps the process alive until the returned function is called: a promise that somebody awaits does not, and neither do the timers of the
 * clock.
 */
export function holdProcess(): () => void {
  const timer = setInterval(() => undefined, 2 ** 30);
  return () => clearInterval(timer);
}

/** The same while `work` goes on. */
export async function heldWhile<T>(work: () => Promise<T>): Promise<T> {
  const release = holdProcess();
  try {
    return await work();
  } finally {
    release();
  }
}
