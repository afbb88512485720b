import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { check, make, submit, task } from '../../test/client.js';
import { running } from '../../test/running.js';
import type { CallbackFaults } from '../faults/faults.js';

const { emulator: start, receiver: startReceiver } = running();

/** One task with these faults; what came to its callback URL when nothing was outstanding any more. */
async function run(callback: CallbackFaults, fields: Record<string, unknown> = {}) {
  const receiver = await startReceiver();
  const emulator = await start({ faults: { callback } });
  const id = await make(emulator, { callback_url: `${receiver.url}/hook/Q2FsbGJhY2tUb2tlbg`, ...fields });
  await emulator.idle();
  return {
    emulator,
    receiver,
    id,
    received: receiver.received,
    statuses: receiver.received.map((one) => one.task?.status),
  };
}

test('a lost callback is never sent, and the task finishes all the same', async () => {
  const { emulator, received, id } = await run({ lost: true });
  expect(received).toHaveLength(0);
  expect((await check(emulator, id)).data.status).toBe('finished');
  expect(emulator.counts()).toMatchObject({ callbacksSent: 0, faults: { 'callback.lost': 1 } });
});

test.each([true, false])('duplicates are byte for byte the same (concurrent: %s)', async (concurrent) => {
  let open = 0;
  let mostOpen = 0;
  const receiver = await startReceiver((response) => {
    mostOpen = Math.max(mostOpen, ++open);
    setTimeout(() => {
      open--;
      response.end();
    }, 300);
  });
  const emulator = await start({ faults: { callback: { duplicate: true, copies: 4, concurrent } } });
  const id = await make(emulator, { callback_url: receiver.url });
  await emulator.idle();
  expect(receiver.received).toHaveLength(4);
  expect(new Set(receiver.received.map(({ text }) => text)).size).toBe(1);
  expect(mostOpen > 1).toBe(concurrent);
  expect(task(emulator, id).callbacks.map(({ kind }) => kind)).toEqual(['end', 'duplicate', 'duplicate', 'duplicate']);
});

test('a late callback comes after the status has long been terminal', async () => {
  const receiver = await startReceiver();
  const emulator = await start({ faults: { callback: { delayMs: 1500 } } });
  const id = await make(emulator, { callback_url: receiver.url });
  while ((await check(emulator, id)).data.status !== 'finished');
  expect(receiver.received).toHaveLength(0);
  const endedAt = Date.now();
  await emulator.idle();
  expect((receiver.received[0]?.at ?? 0) - endedAt).toBeGreaterThan(500);
});

test('an early callback is delivered before the submit is answered', async () => {
  const receiver = await startReceiver();
  const emulator = await start({ faults: { callback: { early: true } } });
  const answer = await submit(emulator, { callback_url: receiver.url });
  expect(receiver.received).toHaveLength(1);
  expect(receiver.received[0]?.task).toMatchObject({ task_id: answer.data.task_id, status: 'finished' });
  expect(answer.data.status).toBe('not_started');
});

test('reordered callbacks bring all statuses, the end never last', async () => {
  const orders = new Set<string>();
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const receiver = await startReceiver();
    const emulator = await start({ seed, faults: { callback: { reordered: true } } });
    await make(emulator, { callback_url: receiver.url });
    await emulator.idle();
    const statuses = receiver.received.map((one) => one.task?.status);
    expect([...statuses].sort()).toEqual(['finished', 'not_started', 'running']);
    expect(statuses.at(-1)).not.toBe('finished');
    orders.add(statuses.join());
  }
  expect(orders.size).toBeGreaterThan(1);
});

test('a stale running comes after the end', async () => {
  const { statuses, received } = await run({ stale: true });
  expect(statuses).toEqual(['finished', 'running']);
  expect(received[1]?.task).toMatchObject({ files: [], error_message: null });
});

test('a contradicting end comes after the end', async () => {
  const { statuses, received } = await run({ contradicting: true });
  expect(statuses).toEqual(['finished', 'failed']);
  expect(received[1]?.task).toMatchObject({ files: [], error_message: expect.any(String) });
});

test('a lying callback says the opposite of the status check', async () => {
  const { statuses, emulator, id } = await run({ lying: true });
  expect(statuses).toEqual(['failed']);
  expect((await check(emulator, id)).data.status).toBe('finished');
});

test('forged callbacks come before the true one, are counted apart, and never carry the truth with the true token', async () => {
  const receiver = await startReceiver((response, { path }) => {
    response.statusCode = path === '/hook/Q2FsbGJhY2tUb2tlbg?v=1' ? 200 : 401;
    response.end();
  });
  const emulator = await start({ faults: { task: { stuck: true }, callback: { forged: true } } });
  const callbackUrl = `${receiver.url}/hook/Q2FsbGJhY2tUb2tlbg?v=1`;
  const other = await make(emulator, { callback_url: callbackUrl });
  const id = await make(emulator, { callback_url: callbackUrl });
  emulator.finish(id, 'finished');
  await emulator.idle();

  const [last] = receiver.received.slice(-1);
  expect(last?.task).toMatchObject({ task_id: id, status: 'finished' });
  const forged = receiver.received.slice(0, -1);
  expect(forged.map((one) => one.task?.status)).toEqual(['failed', 'failed', 'failed']);
  const wrongToken = forged.filter(({ path }) => path !== '/hook/Q2FsbGJhY2tUb2tlbg?v=1');
  expect(wrongToken).toHaveLength(1);
  expect(wrongToken[0]?.path).toMatch(/^\/hook\/[A-Za-z0-9]{18}\?v=1$/);
  const rightToken = forged.filter((one) => !wrongToken.includes(one));
  expect(rightToken.map((one) => one.task?.task_id).sort()).toEqual([id, other].sort());
  expect(emulator.counts()).toMatchObject({
    callbacksSent: 4,
    forgedSent: 3,
    forgedAnswers: { '200': 2, '401': 1 },
    callbackAnswers: { '200': 1 },
    callbacksByKind: { 'forged-token': 1, 'forged-task': 1, 'forged-content': 1, end: 1 },
  });
});

test.each([
  ['truncated', (text: string) => expect(() => JSON.parse(text)).toThrow()],
  ['text', (text: string) => expect(text).toMatch(/^upstream/)],
  ['no-task-id', (text: string) => expect(JSON.parse(text)).not.toHaveProperty('task_id')],
  ['array', (text: string) => expect(JSON.parse(text)).toEqual([expect.objectContaining({ status: 'finished' })])],
  ['empty', (text: string) => expect(text).toBe('')],
] as const)('a malformed callback can be %s', async (kind, look) => {
  const { received } = await run({ malformed: true, malformedKinds: [kind] });
  expect(received).toHaveLength(1);
  look(received[0]?.text ?? 'nothing came');
});

test('a callback can be wrapped, with progress, and with output.files', async () => {
  const { received } = await run({ wrapped: true, outputFiles: true });
  const body = JSON.parse(received[0]?.text ?? '');
  expect(body.code).toBe(200);
  expect(body.data).toMatchObject({ status: 'finished', progress: 100, output: { files: [{ file_type: 'image' }] } });
  expect(body.data).not.toHaveProperty('files');
});

test('a music callback can carry music items', async () => {
  const { received } = await run({ musicItems: true }, { model: 'generate-music' });
  expect(received[0]?.task?.files).toMatchObject([{ audio_url: expect.any(String), title: expect.any(String) }, {}]);
});

test('a failing task says so in its callback', async () => {
  const receiver = await startReceiver();
  const emulator = await start({ faults: { task: { fails: true } } });
  await make(emulator, { callback_url: receiver.url });
  await emulator.idle();
  expect(receiver.received[0]?.task).toMatchObject({ status: 'failed', files: [], error_message: expect.any(String) });
});

test.each([
  ['none', 1],
  ['quick', 4],
  ['slow', 6],
  [[5, 5], 3],
] as const)('with retries %j a callback that gets 500 is sent %i times', async (retries, times) => {
  const receiver = await startReceiver((response) => {
    response.statusCode = 500;
    response.end();
  });
  const emulator = await start({ faults: { callback: { retries, timeScale: 0.0001 } } });
  const id = await make(emulator, { callback_url: receiver.url });
  await emulator.idle();
  expect(receiver.received).toHaveLength(times);
  const { callbacks } = task(emulator, id);
  expect(callbacks.map(({ attempt }) => attempt)).toEqual(callbacks.map((_, index) => index + 1));
  expect(callbacks.map(({ kind }) => kind)).toEqual(['end', ...Array(times - 1).fill('retry')]);
  expect(callbacks.every(({ status }) => status === 500)).toBe(true);
});

test('retries stop with the first 2xx', async () => {
  const receiver = await startReceiver((response, _, count) => {
    response.statusCode = count < 3 ? 503 : 204;
    response.end();
  });
  const emulator = await start({ faults: { callback: { retries: 'quick', timeScale: 0.01 } } });
  await make(emulator, { callback_url: receiver.url });
  await emulator.idle();
  expect(emulator.counts().callbackAnswers).toEqual({ '503': 2, '204': 1 });
});

test('waits between retries follow the schedule and its scale', async () => {
  const receiver = await startReceiver((response) => {
    response.statusCode = 500;
    response.end();
  });
  const emulator = await start({ faults: { callback: { retries: 'quick', timeScale: 0.1 } } });
  await make(emulator, { callback_url: receiver.url });
  await emulator.idle();
  const times = receiver.received.map(({ at }) => at);
  const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  expect(waits).toHaveLength(3);
  [100, 200, 400].forEach((least, index) => {
    expect(waits[index]).toBeGreaterThanOrEqual(least - 5);
  });
});

test.each([
  [false, 1],
  [true, 4],
])('a 4xx is retried only if told so (%s)', async (retry4xx, times) => {
  const receiver = await startReceiver((response) => {
    response.statusCode = 404;
    response.end();
  });
  const emulator = await start({ faults: { callback: { retries: 'quick', timeScale: 0.001, retry4xx } } });
  await make(emulator, { callback_url: receiver.url });
  await emulator.idle();
  expect(receiver.received).toHaveLength(times);
});

test('no answer in time, no connection and a cut connection are failed deliveries, and are retried', async () => {
  const silent = await startReceiver((response, _, count) => {
    if (count === 1) return;
    if (count === 2) response.destroy();
    else response.end();
  });
  const emulator = await start({ faults: { callback: { retries: [1, 1, 1], timeoutMs: 1000 } } });
  const id = await make(emulator, { callback_url: silent.url });
  await emulator.idle();
  expect(task(emulator, id).callbacks.map(({ status }) => status)).toEqual(['timeout', 'unreachable', 200]);

  const gone = await startReceiver();
  await gone.close();
  const second = await make(emulator, { callback_url: gone.url });
  await emulator.idle();
  expect(task(emulator, second).callbacks.map(({ status }) => status)).toEqual(Array(4).fill('unreachable'));
});

test('a redirect is an answer, not a way', async () => {
  const target = await startReceiver();
  const receiver = await startReceiver((response) => {
    response.writeHead(307, { location: target.url });
    response.end();
  });
  const emulator = await start();
  await make(emulator, { callback_url: receiver.url });
  await emulator.idle();
  expect(emulator.counts().callbackAnswers).toEqual({ '307': 1 });
  expect(target.received).toHaveLength(0);
});

test.each([
  'http://192.0.2.1/hook',
  'https://example.com/hook',
  'http://127.0.0.1.example.com/hook',
  'http://localhost.example.com/',
])('nothing is sent to %s', async (callbackUrl) => {
  const emulator = await start();
  const id = await make(emulator, { callback_url: callbackUrl });
  await emulator.idle();
  expect(task(emulator, id).callbacks).toMatchObject([{ status: 'refused' }]);
  expect(emulator.counts()).toMatchObject({ callbacksSent: 0, callbackAnswers: { refused: 1 } });
});

test('callbacks can be signed over id and time; forgeries have another signature', async () => {
  const receiver = await startReceiver();
  const emulator = await start({
    callbackKey: 'key',
    faults: { callback: { forged: true, forgedKinds: ['content'] } },
  });
  const id = await make(emulator, { callback_url: receiver.url });
  await emulator.idle();
  const valid = receiver.received.map(({ headers }) => {
    const signed = createHmac('sha256', 'key').update(`${id}.${headers['x-webhook-timestamp']}`).digest('base64');
    return headers['x-webhook-signature'] === signed;
  });
  expect(valid).toEqual([false, true]);
});

test('redeliver sends the true callback again, whatever was sent before', async () => {
  const { emulator, id, receiver } = await run({ malformed: true, malformedKinds: ['empty'] });
  expect(await emulator.redeliver(id, 3)).toEqual([200, 200, 200]);
  expect(receiver.received.map((one) => one.task?.status)).toEqual([undefined, 'finished', 'finished', 'finished']);
  expect(
    task(emulator, id)
      .callbacks.map(({ kind }) => kind)
      .slice(1),
  ).toEqual(Array(3).fill('redelivered'));
});

test('forge sends forgeries on demand and tells what they were answered', async () => {
  const receiver = await startReceiver((response, { path }) => {
    response.statusCode = path.endsWith('/Q2FsbGJhY2tUb2tlbg') ? 200 : 401;
    response.end();
  });
  const emulator = await start();
  const id = await make(emulator, { callback_url: `${receiver.url}/hook/Q2FsbGJhY2tUb2tlbg` });
  await emulator.idle();
  expect(await emulator.forge(id)).toEqual([401, 200, 200]);
  expect(await emulator.forge(id, ['token'])).toEqual([401]);
  expect(emulator.counts()).toMatchObject({ forgedSent: 4, callbackAnswers: { '200': 1 } });
});

test('redeliver and forge refuse a task that has not ended or is not known', async () => {
  const emulator = await start({ faults: { task: { stuck: true } } });
  const id = await make(emulator, { callback_url: 'http://127.0.0.1:9/' });
  await expect(emulator.redeliver(id)).rejects.toThrow('has not ended');
  await expect(emulator.forge('nothing')).rejects.toThrow('no task');
});

test('idle waits for tasks that still owe a callback, and for retries', async () => {
  const receiver = await startReceiver((response, _, count) => {
    response.statusCode = count === 1 ? 500 : 200;
    response.end();
  });
  const emulator = await start({ faults: { callback: { retries: [200] } }, pace: { pendingMs: 500, runningMs: 500 } });
  await make(emulator, { callback_url: receiver.url });
  expect(receiver.received).toHaveLength(0);
  await emulator.idle();
  expect(receiver.received).toHaveLength(2);
});
