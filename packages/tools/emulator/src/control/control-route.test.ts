import { expect, test } from 'vitest';
import { call, check, make, submit } from '../../test/client.js';
import { running } from '../../test/running.js';

const { emulator: start, receiver: startReceiver } = running();

test('another process can do what the owner can', async () => {
  const receiver = await startReceiver((response) => {
    response.statusCode = 202;
    response.end();
  });
  const emulator = await start({ faults: { task: { stuck: true } } });
  const control = (method: string, path: string, body?: unknown) =>
    call(emulator, method, `/__emulator/${path}`, body, 'no key');
  const id = await make(emulator, {
    callback_url: `${receiver.url}/0123456789`,
    input: { prompt: 'a', marker: 'order-1' },
  });
  await make(emulator);

  expect((await control('GET', 'counts')).body).toEqual(emulator.counts());
  expect((await control('GET', 'tasks')).body).toEqual(JSON.parse(JSON.stringify({ tasks: emulator.tasks() })));
  expect((await control('GET', 'tasks?marker=order-1')).body).toMatchObject({ submits: 1, tasks: [{ taskId: id }] });

  expect((await control('POST', 'finish', { taskId: id, verdict: 'failed' })).body).toEqual({ ended: true });
  expect((await control('POST', 'finish', { taskId: id })).body).toEqual({ ended: false });
  expect((await control('GET', 'idle')).body).toEqual({ idle: true });
  expect(receiver.received).toHaveLength(1);
  expect((await control('POST', 'redeliver', { taskId: id, copies: 2 })).body).toEqual({ answers: [202, 202] });
  expect((await control('POST', 'forge', { taskId: id, kinds: ['token'] })).body).toEqual({ answers: [202] });

  const faults = { status: { error: true } };
  expect((await control('PUT', 'faults', faults)).body).toEqual(faults);
  expect((await control('GET', 'faults')).body).toEqual(faults);
  expect((await check(emulator, id)).status).toBe(500);
});

test('a script can be set for the next submit, a marker or a model', async () => {
  const emulator = await start();
  const script = (match: unknown, faults: unknown) => call(emulator, 'POST', '/__emulator/script', { match, faults });
  await script('next', { submit: { errorBefore: true } });
  expect([(await submit(emulator)).status, (await submit(emulator)).status]).toEqual([500, 200]);
  await script({ marker: 'order-1' }, { submit: { rateLimit: true } });
  await script({ model: 'z-image' }, { submit: { paymentRequired: true } });
  expect((await submit(emulator, { input: { prompt: 'a', marker: 'order-1' } })).status).toBe(429);
  expect((await submit(emulator, { model: 'z-image' })).status).toBe(402);
  expect((await submit(emulator)).status).toBe(200);
});

test.each([
  ['PUT', 'faults', { callback: { lots: 1 } }, 'There is no fault callback.lots'],
  ['PUT', 'faults', '[', 'must be a JSON object'],
  ['POST', 'script', { match: {}, faults: {} }, 'match must be'],
  ['POST', 'script', { match: 'next' }, 'Faults must be an object'],
  ['POST', 'finish', {}, 'taskId is required'],
  ['POST', 'finish', { taskId: 'x', verdict: 'expired' }, 'verdict must be'],
  ['POST', 'finish', { taskId: 'x' }, 'knows no task'],
  ['POST', 'redeliver', { taskId: 'x', copies: 0 }, 'copies must be'],
  ['POST', 'forge', { taskId: 'x', kinds: ['all'] }, 'kinds must be'],
])('%s %s with %j is a 400 that says why', async (method, path, body, message) => {
  const emulator = await start();
  const answer = await call(emulator, method, `/__emulator/${path}`, body);
  expect(answer.status).toBe(400);
  expect(answer.body.error).toContain(message);
});

test('there is nothing else', async () => {
  const emulator = await start();
  const answer = await call(emulator, 'GET', '/__emulator/toString');
  expect(answer.status).toBe(404);
  expect(answer.body.error).toContain('GET counts');
});

test('a page of this machine may ask, a page of another site may not', async () => {
  const emulator = await start();
  const from = (origin: string, method = 'GET') =>
    fetch(`${emulator.url}/__emulator/counts`, { method, headers: { origin } });
  const allowed = await from('http://localhost:5173');
  expect([allowed.status, allowed.headers.get('access-control-allow-origin')]).toEqual([200, 'http://localhost:5173']);
  expect((await from('http://localhost:5173', 'OPTIONS')).headers.get('access-control-allow-methods')).toContain('PUT');
  expect((await from('https://example.com')).status).toBe(403);
  expect((await from('null')).status).toBe(403);
});
