import { busyTooLong } from './sqlite-error.js';

/** One who waits for an answer, and not longer than `limitMs`. */
export interface Caller<T> {
  readonly promise: Promise<T>;
  /** Has its answer. */
  readonly answered: boolean;
  resolve(value: T): void;
  reject(error: unknown): void;
}

export function caller<T>(limitMs: number): Caller<T> {
  let answered = false;
  let settle: { resolve(value: T): void; reject(error: unknown): void } | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  const answer = (give: () => void): void => {
    answered = true;
    clearTimeout(timer);
    give();
  };
  const reject = (error: unknown): void => answer(() => settle?.reject(error));
  const timer = setTimeout(() => reject(busyTooLong(limitMs)), limitMs);
  return {
    promise,
    get answered() {
      return answered;
    },
    resolve: (value) => answer(() => settle?.resolve(value)),
    reject,
  };
}
