import { expect, test } from 'vitest';
import { call, check, checkUntilEnd, make, outcome } from '../../test/client.js';
import { running } from '../../test/running.js';

const { emulator: start, receiver: startReceiver } = running();
const quick = { pendingMs: 0, runningMs: 0 };

test.each([
  ['rateLimit', 429],
  ['timeout', 408],
  ['error', 500],
  ['reset', 'reset'],
  ['notFound', 404],
  ['businessError', 200],
  ['garbled', 200],
] as const)('%s spoils the first check of each task and leaves the task alone', async (name, seen) => {
  const emulator = await start({ faults: { status: { [name]: { first: 1 } } }, pace: quick });
  for (const id of [await make(emulator), await make(emulator)]) {
    expect(await outcome(check(emulator, id))).toBe(seen);
    expect((await checkUntilEnd(emulator, id)).data.status).toBe('finished');
  }
  expect(emulator.counts().faults).toEqual({ [`status.${name}`]: 2 });
});

test('an error code can come in an HTTP 200, and JSON can be cut', async () => {
  const emulator = await start({ faults: { status: { businessError: true } } });
  const id = await make(emulator);
  expect((await check(emulator, id)).body).toMatchObject({ code: 402, error: { type: 'insufficient_credits' } });
  emulator.setFaults({ status: { garbled: true } });
  const garbled = await check(emulator, id);
  expect(() => JSON.parse(garbled.text)).toThrow();
});

test('a check can hang', async () => {
  const emulator = await start({ faults: { status: { hang: true } } });
  const id = await make(emulator);
  const open = fetch(`${emulator.url}/api/generate/status/${id}`, {
    headers: { authorization: `Bearer ${emulator.apiKey}` },
    signal: AbortSignal.timeout(700),
  });
  await expect(open).rejects.toMatchObject({ name: 'TimeoutError' });
});

test('what a slow check says is as old as its question', async () => {
  const emulator = await start({ faults: { task: { stuck: true }, status: { slow: true, slowMs: 300 } }, pace: quick });
  const id = await make(emulator);
  const before = performance.now();
  const open = check(emulator, id);
  while (emulator.counts().statusChecks === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  emulator.finish(id);
  expect((await open).data.status).toBe('running');
  expect(performance.now() - before).toBeGreaterThan(290);
});

test('the 429 of a check may carry Retry-After', async () => {
  const emulator = await start({ faults: { status: { rateLimit: true, retryAfterS: 3 } } });
  const id = await make(emulator);
  expect((await check(emulator, id)).headers.get('retry-after')).toBe('3');
  emulator.setFaults({ status: { rateLimit: true } });
  expect((await check(emulator, id)).headers.get('retry-after')).toBeNull();
});

test('pending states can come as words nobody knows', async () => {
  const emulator = await start({ faults: { task: { stuck: true }, status: { unknownStatus: true } }, pace: quick });
  const id = await make(emulator);
  const words = new Set<unknown>();
  for (let count = 0; count < 20; count++) words.add((await check(emulator, id)).data.status);
  expect(words).toEqual(new Set(['processing', 'waiting_for_capacity']));
  emulator.setFaults({ status: { unknownStatus: true, unknownWords: ['odd'] } });
  expect((await check(emulator, id)).data.status).toBe('odd');
  emulator.finish(id);
  expect((await check(emulator, id)).data.status).toBe('finished');
});

test('a running task can show as not started again', async () => {
  const emulator = await start({ faults: { task: { stuck: true } }, pace: quick });
  const id = await make(emulator);
  expect((await check(emulator, id)).data).toMatchObject({ status: 'running' });
  emulator.setFaults({ status: { regress: true } });
  expect((await check(emulator, id)).data).toMatchObject({ status: 'not_started', progress: 0 });
});

test('progress can be missing, and files can be at output.files', async () => {
  const emulator = await start({ faults: { status: { missingProgress: true, outputFiles: true } }, pace: quick });
  const { data } = await checkUntilEnd(emulator, await make(emulator));
  expect(Object.keys(data)).toEqual(['task_id', 'status', 'output', 'created_time', 'error_message']);
  expect(data.output).toMatchObject({ files: [{ file_type: 'image' }] });
});

test('the status can lag behind the callback by checks', async () => {
  const receiver = await startReceiver();
  const emulator = await start({ faults: { status: { lagChecks: 2 } } });
  const id = await make(emulator, { callback_url: receiver.url });
  await emulator.idle();
  expect(receiver.received[0]?.task?.status).toBe('finished');
  const seen = [];
  for (let count = 0; count < 4; count++) seen.push((await check(emulator, id)).data.status);
  expect(seen).toEqual(['running', 'running', 'finished', 'finished']);
});

test('the status can lag behind the callback by time', async () => {
  const emulator = await start({ faults: { status: { lagMs: 1500 } }, pace: quick });
  const id = await make(emulator);
  emulator.finish(id);
  const endedAt = performance.now();
  expect((await check(emulator, id)).data).toMatchObject({ status: 'running', files: [] });
  await checkUntilEnd(emulator, id);
  expect(performance.now() - endedAt).toBeGreaterThan(1400);
});

test('the verdict can flip after it was told', async () => {
  const emulator = await start({ faults: { status: { flips: true } }, pace: quick });
  const id = await make(emulator);
  expect((await checkUntilEnd(emulator, id)).data).toMatchObject({ status: 'finished', error_message: null });
  const later = (await check(emulator, id)).data;
  expect(later).toMatchObject({ status: 'failed', files: [] });
  expect(later.error_message).toEqual(expect.any(String));
  expect(emulator.tasks()[0]?.status).toBe('finished');
});

test('a task can fail, with a text, and with progress 0', async () => {
  const emulator = await start({ faults: { task: { fails: true, errorMessage: 'No' } }, pace: quick });
  const answer = await checkUntilEnd(emulator, await make(emulator));
  expect(answer.status).toBe(200);
  expect(answer.body.code).toBe(200);
  expect(answer.data).toMatchObject({ status: 'failed', error_message: 'No', files: [], progress: 0 });
});

test('a task can finish without files, with more files, or never', async () => {
  const emulator = await start({ faults: { task: { noFiles: true } }, pace: quick });
  expect((await checkUntilEnd(emulator, await make(emulator))).data).toMatchObject({ status: 'finished', files: [] });
  emulator.setFaults({ task: { files: 4 } });
  expect((await checkUntilEnd(emulator, await make(emulator))).data.files).toHaveLength(4);
  emulator.setFaults({ task: { stuck: true } });
  const stuck = await make(emulator, { callback_url: 'http://127.0.0.1:9/hook' });
  await emulator.idle();
  expect((await check(emulator, stuck)).data.status).toBe('running');
});

test('faults hold for music detail checks too', async () => {
  const emulator = await start({ faults: { status: { error: { first: 1 } } }, pace: quick });
  const id = await make(emulator, { model: 'generate-music' });
  const detail = () => call(emulator, 'GET', `/api/generate/detail/music?task_id=${id}`);
  expect((await detail()).status).toBe(500);
  expect((await detail()).status).toBe(200);
});
