import { expect, test } from 'vitest';
import { check, checkUntilEnd, make, outcome, submit } from '../../test/client.js';
import { running } from '../../test/running.js';

const { emulator: start } = running();

test('a script holds for the tasks it matches, until it is taken back', async () => {
  const emulator = await start();
  const takeBack = emulator.script(({ body }) => body.callback_url === 'http://127.0.0.1:9/x', {
    task: { fails: true },
  });
  const matched = { callback_url: 'http://127.0.0.1:9/x' };
  expect((await checkUntilEnd(emulator, await make(emulator))).data.status).toBe('finished');
  expect((await checkUntilEnd(emulator, await make(emulator, matched))).data.status).toBe('failed');
  takeBack();
  expect((await checkUntilEnd(emulator, await make(emulator, matched))).data.status).toBe('finished');
});

test('each "next" is used up by one submit, in the order they were set', async () => {
  const emulator = await start();
  emulator.script('next', { submit: { rateLimit: true } });
  emulator.script('next', { submit: { resetAfter: true } });
  const seen = [await outcome(submit(emulator)), await outcome(submit(emulator)), await outcome(submit(emulator))];
  expect(seen).toEqual([429, 'reset', 200]);
});

test('a script changes what it names and leaves the rest, and holds for later checks of its task', async () => {
  const emulator = await start({ faults: { status: { outputFiles: true, error: true } } });
  emulator.script('next', { status: { error: false } });
  const scripted = await make(emulator);
  const other = await make(emulator);
  expect((await checkUntilEnd(emulator, scripted)).data).toHaveProperty('output');
  expect((await check(emulator, other)).status).toBe(500);
  emulator.setFaults({});
  expect((await checkUntilEnd(emulator, scripted)).data).toHaveProperty('files');
});

test('of several scripts that match the later one wins', async () => {
  const emulator = await start();
  emulator.script(() => true, { submit: { firstStatus: 'running', codeZero: true } });
  emulator.script(() => true, { submit: { firstStatus: 'queued' } });
  const { body, data } = await submit(emulator);
  expect([body.code, data.status]).toEqual([0, 'queued']);
});

test('a script with a misspelt fault is refused at once', async () => {
  const emulator = await start();
  // @ts-expect-error: the compiler says so too
  expect(() => emulator.script('next', { submit: { resetLater: true } })).toThrow(
    'There is no fault submit.resetLater',
  );
});
