import { TasklatchError } from '@tasklatch/core';

/** Rejects with `store_unavailable` when the answer has not come in time. What was asked may still happen. */
export async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  const limit = pausableLimit(ms);
  return limit.race(answer);
}

/** A limit for the parts of a work that are ours: it starts at once, and each `resume` gives the whole time again. */
export function pausableLimit(ms: number) {
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  let giveUp = (_error: TasklatchError): void => {};
  const late = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  const limit = {
    /** Throws when the time is over: nobody waits for what would come. */
    check(): void {
      if (over) throw tooLate(ms);
    },
    pause: (): void => clearTimeout(timer),
    resume(): void {
      timer = setTimeout(() => {
        over = true;
        giveUp(tooLate(ms));
      }, ms);
    },
    async race<T>(answer: Promise<T>): Promise<T> {
      try {
        return await Promise.race([answer, late]);
      } finally {
        limit.pause();
      }
    },
  };
  limit.resume();
  return limit;
}

const tooLate = (ms: number): TasklatchError =>
  new TasklatchError(
    'store_unavailable',
    `PostgreSQL has not answered within ${ms} ms. Look at the server, the network and the size of the connection pool; raise \`timeoutMs\` if it is only slow.`,
  );
