import { expect, test } from 'vitest';
import { check, outcome, prompt, submit } from '../../test/client.js';
import { running } from '../../test/running.js';
import type { EmulatorOptions } from '../start-emulator.js';
import type { Faults } from './faults.js';

const { emulator: start, receiver: startReceiver } = running();

const everything: Faults = {
  // Tasks end when the test says so: what a check finds must not hang on the clock.
  task: { fails: 0.3, noFiles: 0.2, stuck: true },
  submit: {
    rateLimit: 0.1,
    businessError: 0.1,
    errorBefore: 0.1,
    resetBefore: 0.1,
    errorAfter: 0.1,
    resetAfter: 0.1,
    idMissingAfter: 0.1,
    firstStatus: 'mixed',
    codeZero: 0.5,
  },
  status: { error: 0.2, unknownStatus: 0.3, missingProgress: 0.5, outputFiles: 0.5, flips: 0.3, lagChecks: [0, 2] },
  callback: {
    lost: 0.2,
    duplicate: 0.3,
    copies: 3,
    concurrent: false,
    reordered: 0.3,
    stale: 0.3,
    contradicting: 0.3,
    lying: 0.2,
    malformed: 0.3,
    wrapped: 0.5,
    outputFiles: 0.5,
  },
  detailErrors: 0.5,
};

/** All that can be seen from outside of 40 submits and what became of them, without ids and times. */
async function trace(options: EmulatorOptions, prompts: readonly string[]): Promise<string[]> {
  const receiver = await startReceiver();
  const emulator = await start({ faults: everything, pace: { pendingMs: 0, runningMs: 0 }, ...options });
  const seen: string[] = [];
  for (const text of prompts) {
    const callbackUrl = `${receiver.url}/${text.length}`;
    const before = emulator.tasks().length;
    const answer = submit(emulator, { input: { prompt: text }, callback_url: callbackUrl });
    const parts: unknown[] = [
      await outcome(answer),
      await answer.then(
        ({ body }) => scrub(body),
        () => '',
      ),
    ];
    const made = emulator.tasks()[before];
    if (made) {
      parts.push(scrub((await check(emulator, made.taskId)).body));
      const from = receiver.received.length;
      emulator.finish(made.taskId);
      await emulator.idle();
      parts.push(...receiver.received.slice(from).map((one) => scrub(one.text)));
      for (let count = 0; count < 4; count++) parts.push(scrub((await check(emulator, made.taskId)).body));
    }
    seen.push(JSON.stringify(parts));
  }
  return seen;
}

function scrub(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return (
    text
      .replace(/task-unified-\d{10}-\w{8}|\b[A-Z0-9]{16}\b/g, 'ID')
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/g, 'TIME')
      .replace(/127\.0\.0\.1:\d+/g, 'HOST')
      // Where a cut body ends hangs on the length of the id.
      .replace(/^(\{(?!.*\}$)).*/, '$1')
  );
}

const prompts = Array.from({ length: 40 }, (_, index) => `${prompt} ${index}`);

test('the same seed and submits give the same faults, another seed gives others', async () => {
  const first = await trace({ seed: 7 }, prompts);
  expect(await trace({ seed: 7 }, prompts)).toEqual(first);
  expect(await trace({ seed: 8 }, prompts)).not.toEqual(first);
  // Not the same for each task either.
  expect(new Set(first).size).toBeGreaterThan(20);
});

test('decided by marker, the order of submits does not matter', async () => {
  const forwards = await trace({ seed: 7, decideBy: 'marker' }, prompts);
  const backwards = await trace({ seed: 7, decideBy: 'marker' }, [...prompts].reverse());
  expect(backwards.reverse()).toEqual(forwards);
});

test('one fault more does not move the others', async () => {
  const lost = async (callback: Faults['callback']) => {
    const emulator = await start({ seed: 3, faults: { task: { stuck: true }, callback: { lost: 0.5, ...callback } } });
    const receiver = await startReceiver();
    const came: boolean[] = [];
    for (const text of prompts) {
      await submit(emulator, { input: { prompt: text }, callback_url: receiver.url });
      const before = receiver.received.length;
      emulator.finish(emulator.tasks().at(-1)?.taskId ?? '');
      await emulator.idle();
      came.push(receiver.received.length > before);
    }
    return came;
  };
  expect(await lost({ duplicate: 0.5, stale: 0.5, malformed: 0.5 })).toEqual(await lost({}));
});
