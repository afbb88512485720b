import { expect, test } from 'vitest';
import { outcome, prompt, submit } from '../test/client.js';
import { running } from '../test/running.js';

const { emulator: start, receiver: startReceiver } = running();

test('a thousand tasks with every fault at once all come to their end', async () => {
  const receiver = await startReceiver((response, _, count) => {
    response.statusCode = count % 10 === 0 ? 500 : 200;
    response.end();
  });
  const emulator = await start({
    seed: 'load',
    faults: {
      task: { fails: 0.2, noFiles: 0.1 },
      submit: { rateLimit: 0.05, errorBefore: 0.05, resetBefore: 0.05, errorAfter: 0.05, resetAfter: 0.05 },
      callback: {
        lost: 0.1,
        delayMs: [0, 100],
        early: 0.1,
        duplicate: 0.3,
        reordered: 0.1,
        stale: 0.1,
        contradicting: 0.1,
        forged: 0.1,
        malformed: 0.1,
        wrapped: 0.5,
        retries: 'quick',
        timeScale: 0.01,
      },
    },
  });
  const seen: Record<string, number> = {};
  let left = 1000;
  await Promise.all(
    Array.from({ length: 40 }, async () => {
      while (left-- > 0) {
        const one = String(
          await outcome(submit(emulator, { input: { prompt }, callback_url: `${receiver.url}/t/${left}abcdef` })),
        );
        seen[one] = (seen[one] ?? 0) + 1;
      }
    }),
  );
  await emulator.idle();

  const counts = emulator.counts();
  expect(counts.submits).toBe(1000);
  expect(counts.tasksMade).toBe(counts.tasksEnded);
  expect(counts.submitsAnswered).toBe(seen['200']);
  expect(counts.callbacksSent).toBe(receiver.received.length);
  const { 'submit.errorAfter': errors = 0, 'submit.resetAfter': resets = 0 } = counts.faults;
  expect(counts.tasksMade).toBe(counts.submitsAnswered + errors + resets);
  expect(emulator.tasks().flatMap(({ callbacks }) => callbacks)).toHaveLength(counts.callbacksSent);
});
