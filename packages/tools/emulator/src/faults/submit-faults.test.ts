import { expect, test } from 'vitest';
import { call, check, make, outcome, prompt, submit } from '../../test/client.js';
import { running } from '../../test/running.js';
import type { SubmitFaults } from './faults.js';

const { emulator: start, receiver: startReceiver } = running();

test.each([
  ['rateLimit', 429, { code: 429, error: { message: 'Rate limit exceeded', type: 'rate_limited' } }],
  ['paymentRequired', 402, { code: 402, error: { message: 'Insufficient credits', type: 'insufficient_credits' } }],
  ['businessError', 200, { code: 402, error: { message: 'Insufficient credits', type: 'insufficient_credits' } }],
  ['errorBefore', 500, { code: 500, error: { type: 'internal_error' } }],
] as const)('%s answers %i and makes no task', async (name, status, body) => {
  const emulator = await start({ faults: { submit: { [name]: true } } });
  const answer = await submit(emulator);
  expect(answer.status).toBe(status);
  expect(answer.body).toMatchObject(body);
  expect(answer.headers.get('retry-after')).toBeNull();
  expect(emulator.counts()).toMatchObject({ submits: 1, tasksMade: 0, faults: { [`submit.${name}`]: 1 } });
});

test.each([
  ['timeoutBefore', 408, 0],
  ['timeoutAfter', 408, 1],
  ['errorBefore', 500, 0],
  ['errorAfter', 500, 1],
  ['resetBefore', 'reset', 0],
  ['resetAfter', 'reset', 1],
] as const)('%s: the client sees %s, and %i task is made', async (name, seen, made) => {
  const emulator = await start({ faults: { submit: { [name]: true } } });
  expect(await outcome(submit(emulator))).toBe(seen);
  expect(emulator.counts()).toMatchObject({ submits: 1, tasksMade: made, submitsAnswered: 0 });
  expect(emulator.tasks().map((task) => task.answered)).toEqual(Array(made).fill(false));
});

test('a 408 is plain text', async () => {
  const emulator = await start({ faults: { submit: { timeoutAfter: true } } });
  const answer = await submit(emulator);
  expect(answer.headers.get('content-type')).toBe('text/plain');
  expect(answer.text).toBe('Request timeout');
});

test.each([
  ['hangBefore', 0],
  ['hangAfter', 1],
] as const)('%s never answers, and %i task is made', async (name, made) => {
  const emulator = await start({ faults: { submit: { [name]: true } } });
  const open = fetch(`${emulator.url}/api/generate/submit`, {
    method: 'POST',
    headers: { authorization: `Bearer ${emulator.apiKey}` },
    body: JSON.stringify({ model: 'gpt-image-2', input: { prompt } }),
    signal: AbortSignal.timeout(1000),
  });
  await expect(open).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(emulator.counts()).toMatchObject({ tasksMade: made, faults: { [`submit.${name}`]: 1 } });
});

test('a task whose answer was garbled or without id runs on and calls back', async () => {
  const receiver = await startReceiver();
  const emulator = await start({ faults: { submit: { garbledAfter: true } } });
  const garbled = await submit(emulator, { callback_url: `${receiver.url}/a` });
  expect(garbled.status).toBe(200);
  expect(() => JSON.parse(garbled.text)).toThrow();
  emulator.setFaults({ submit: { idMissingAfter: true } });
  const missing = await submit(emulator, { callback_url: `${receiver.url}/b` });
  expect(missing.body).toEqual({ code: 200, data: { status: 'not_started' } });
  await emulator.idle();
  expect(receiver.received.map(({ path }) => path).sort()).toEqual(['/a', '/b']);
});

test('retryAfterS and errorStatus are sent as given', async () => {
  const emulator = await start({ faults: { submit: { rateLimit: { first: 1 }, retryAfterS: 7 } } });
  expect((await submit(emulator)).headers.get('retry-after')).toBe('7');
  emulator.setFaults({ submit: { errorAfter: true, errorStatus: 503 } });
  expect((await submit(emulator)).body).toMatchObject({ code: 503, error: { type: 'service_error' } });
});

test('detailErrors gives every error the other shape', async () => {
  const emulator = await start({ faults: { detailErrors: true } });
  const detail = async (body: unknown, key?: string) => {
    const answer = await call(emulator, 'POST', '/api/generate/submit', body, key);
    return [answer.status, answer.body];
  };
  expect(await detail({ model: 'gpt-image-2', input: {} })).toEqual([
    400,
    { detail: 'prompt is required for gpt-image-2' },
  ]);
  expect(await detail({}, 'sk-other')).toEqual([401, { detail: 'Unauthorized - Invalid API key' }]);
  expect(await detail('{')).toEqual([422, { detail: [{}] }]);
  expect((await check(emulator, 'nothing')).body).toEqual({ detail: 'Task not found' });
  emulator.setFaults({ detailErrors: true, submit: { rateLimit: true } });
  expect(await detail({ model: 'gpt-image-2', input: { prompt } })).toEqual([429, { detail: 'Rate limit exceeded' }]);
});

test('a slow answer comes late while the task runs on', async () => {
  const emulator = await start({
    faults: { submit: { slow: true, slowMs: 400 } },
    pace: { pendingMs: 0, runningMs: 10 },
  });
  const before = performance.now();
  const id = await make(emulator);
  expect(performance.now() - before).toBeGreaterThan(390);
  expect((await check(emulator, id)).data.status).toBe('finished');
});

test.each([
  ['running', 'running'],
  ['reticulating', 'reticulating'],
  ['missing', undefined],
])('the first status can be %s', async (firstStatus, seen) => {
  const emulator = await start({ faults: { submit: { firstStatus } } });
  expect((await submit(emulator)).data.status).toBe(seen);
});

test('success can be code 0', async () => {
  const emulator = await start({ faults: { submit: { codeZero: true } } });
  expect((await submit(emulator)).body.code).toBe(0);
});

test('a storm hits some submits in a row out of many', async () => {
  const emulator = await start({ faults: { submit: { rateLimit: { storm: { every: 5, length: 2 } } } } });
  const seen: number[] = [];
  for (let count = 0; count < 10; count++) seen.push((await submit(emulator)).status);
  expect(seen).toEqual([200, 200, 200, 429, 429, 200, 200, 200, 429, 429]);
});

test('first hits the first attempts of each marker', async () => {
  const emulator = await start({ faults: { submit: { errorBefore: { first: 2 } } } });
  const attempt = async (marker: string) => (await submit(emulator, { input: { prompt, marker } })).status;
  const seen = [];
  for (const marker of ['a', 'a', 'b', 'a', 'b', 'b']) seen.push(await attempt(marker));
  expect(seen).toEqual([500, 500, 500, 200, 500, 200]);
});

test('chances come out about as often as they say', async () => {
  const emulator = await start({ seed: 'chances', faults: { submit: { errorBefore: 0.3 } } });
  for (let count = 0; count < 200; count++) await submit(emulator);
  const { tasksMade, faults } = emulator.counts();
  expect(tasksMade + (faults['submit.errorBefore'] ?? 0)).toBe(200);
  expect(tasksMade).toBeGreaterThan(115);
  expect(tasksMade).toBeLessThan(165);
});

test('of two faults the one listed first wins', async () => {
  const faults: SubmitFaults = { resetAfter: true, errorBefore: true, rateLimit: { first: 1 } };
  const emulator = await start({ faults: { submit: faults } });
  expect(await outcome(submit(emulator))).toBe(429);
  expect(await outcome(submit(emulator))).toBe(500);
  emulator.setFaults({ submit: { resetAfter: true } });
  expect(await outcome(submit(emulator))).toBe('reset');
});
