import type { Suite } from './suite.js';
import { eventually, present } from './world.js';

/** Wake-ups. A store without `listen` is of another shape: these cases are not about it. */
export function listenCases<Tx>({ it, expect }: Suite<Tx>): void {
  it('tells other instances when an effect or a check became due, and when a task changed', async (world) => {
    if (world.other.listen === undefined) return;
    const heard = new Set<string>();
    const stop = await world.other.listen((what, taskId) => heard.add(`${what} ${taskId}`));
    try {
      // A wake-up may be lost, so what did not arrive is said again about another task.
      const wakes = (act: () => Promise<{ readonly id: string }>, what: string) =>
        eventually(async () => {
          const { id } = await act();
          const wanted = [`${what} ${id}`, `${what} null`];
          const end = Date.now() + 2_000;
          while (Date.now() < end) {
            if (wanted.some((word) => heard.has(word))) return true;
            await new Promise((resolve) => setTimeout(resolve, 5));
          }
          return false;
        });
      const said = async (over: Parameters<typeof world.say>[0]) => {
        const { externalId } = await world.submit();
        return present((await world.say({ externalId, ...over })).task);
      };
      expect(await wakes(() => said({ status: 'succeeded' }), 'effect')).toBe(true);
      expect(await wakes(() => said({ status: 'failed' }), 'task')).toBe(true);
      expect(await wakes(() => said({ status: 'failed', trust: 'hint', checkInMs: 0 }), 'check')).toBe(true);
    } finally {
      await stop();
    }
  });

  it('is silent after the listener has stopped, and leaves others listening', async (world) => {
    const { listen } = world.store;
    if (listen === undefined) return;
    const first: string[] = [];
    const second: string[] = [];
    const stop = await listen.call(world.store, (_, taskId) => first.push(`${taskId}`));
    const stopSecond = await listen.call(world.store, (_, taskId) => second.push(`${taskId}`));
    await stop();
    // What others did meanwhile it may have heard before.
    const before = first.length;
    try {
      const heard = await eventually(async () => {
        const { id } = await world.submit();
        await new Promise((resolve) => setTimeout(resolve, 20));
        return second.includes(id) || second.includes('null');
      });
      expect(heard).toBe(true);
      expect(first.length).toBe(before);
    } finally {
      await stopSecond();
    }
  });
}
