import type { Clock } from '../clock.js';
import type { Task } from '../task.js';

/** Server-sent events of one task: `task` for each state, comments as heartbeat, and an end when the task is terminal. */
export async function* taskEvents(
  states: AsyncGenerator<Task, void, undefined>,
  show: (task: Task) => unknown,
  clock: Clock,
  heartbeatMs: number,
): AsyncGenerator<string, void, undefined> {
  // The retry time is also a first byte: proxies and browsers see at once that the stream is open.
  yield 'retry: 2000\n\n';
  let next = states.next();
  try {
    for (;;) {
      let cancel: () => void = () => undefined;
      const beat = new Promise<'beat'>((resolve) => {
        cancel = clock.setTimeout(() => resolve('beat'), heartbeatMs);
      });
      const first = await Promise.race([next, beat]);
      cancel();
      if (first === 'beat') {
        yield ': still here\n\n';
        continue;
      }
      if (first.done === true) return;
      yield `id: ${first.value.version}\nevent: task\ndata: ${JSON.stringify(show(first.value))}\n\n`;
      next = states.next();
    }
  } finally {
    await states.return();
  }
}
