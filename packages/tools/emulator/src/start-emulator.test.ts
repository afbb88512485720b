import { expect, test } from 'vitest';
import { call, check, checkUntilEnd, make, prompt, submit } from '../test/client.js';
import { running } from '../test/running.js';

const { emulator: start, receiver: startReceiver } = running();

test('a submit is answered with a task id, the first status and a time without zone', async () => {
  const emulator = await start();
  const answer = await submit(emulator);
  expect(answer.status).toBe(200);
  expect(answer.body.code).toBe(200);
  expect(Object.keys(answer.data)).toEqual(['task_id', 'status', 'created_time']);
  expect(answer.data.status).toBe('not_started');
  expect(answer.data.created_time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
  expect(emulator.counts()).toMatchObject({ submits: 1, tasksMade: 1, submitsAnswered: 1 });
});

test('task ids come in both documented forms, and music ids have a prefix of their own', async () => {
  const emulator = await start({ faults: { submit: { shortId: 0 } } });
  expect(await make(emulator)).toMatch(/^task-unified-\d{10}-[a-z0-9]{8}$/);
  expect(await make(emulator, { model: 'generate-music' })).toMatch(/^task-music-\d{10}-[a-z0-9]{8}$/);
  emulator.setFaults({ submit: { shortId: 1 } });
  expect(await make(emulator)).toMatch(/^[A-Z0-9]{16}$/);

  emulator.setFaults({});
  const forms = new Set<string>();
  for (let count = 0; count < 40; count++) forms.add((await make(emulator)).slice(0, 5) === 'task-' ? 'long' : 'short');
  expect(forms).toEqual(new Set(['long', 'short']));
});

test('a task waits, runs and finishes, and its progress only grows', async () => {
  const emulator = await start({ pace: { pendingMs: 700, runningMs: 900 } });
  const id = await make(emulator);
  const seen: string[] = [];
  let progress = 0;
  for (;;) {
    const { body, data } = await check(emulator, id);
    expect(body.code).toBe(200);
    expect(Object.keys(data)).toEqual(['task_id', 'status', 'files', 'created_time', 'progress', 'error_message']);
    expect(data.progress).toBeGreaterThanOrEqual(progress);
    progress = Number(data.progress);
    if (seen.at(-1) !== data.status) seen.push(String(data.status));
    if (data.status === 'finished') break;
    expect(data.files).toEqual([]);
  }
  expect(seen).toEqual(['not_started', 'running', 'finished']);
  expect(progress).toBe(100);
});

test.each([
  ['gpt-image-2', {}, 'image', 'png', 'image/png'],
  ['wan2.7-text-to-video', {}, 'video', 'mp4', 'video/mp4'],
  ['generate-music', {}, 'audio', 'wav', 'audio/wav'],
  ['meshy-6-text-to-3d', {}, 'model', 'glb', 'model/gltf-binary'],
  ['generate-lyrics', {}, 'lyrics', 'txt', 'text/plain; charset=utf-8'],
  ['generate-midi', {}, 'other', 'mid', 'audio/midi'],
])('%s gives files of its kind that can be fetched', async (model, input, type, extension, contentType) => {
  const emulator = await start();
  const id = await make(emulator, { model, input: { prompt, ...input } });
  const { data } = await checkUntilEnd(emulator, id);
  const files = data.files as { file_url: string; file_type: string }[];
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) {
    expect(file.file_type).toBe(type);
    expect(file.file_url).toMatch(new RegExp(`^${emulator.url}/files/${id}/\\d\\.${extension}$`));
    const response = await fetch(file.file_url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(contentType);
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(50);
  }
});

test('input.n gives as many pictures, each another one', async () => {
  const emulator = await start();
  const id = await make(emulator, { model: 'seedream-5.0-lite', input: { prompt, n: 3 } });
  const files = (await checkUntilEnd(emulator, id)).data.files as { file_url: string }[];
  const pictures = await Promise.all(files.map(async ({ file_url }) => (await fetch(file_url)).text()));
  expect(new Set(pictures).size).toBe(3);
});

test('there are no files before the end, of a failed task, or beyond the last', async () => {
  const emulator = await start({ faults: { task: { stuck: 1 } } });
  const [waiting, failed, finished] = [await make(emulator), await make(emulator), await make(emulator)];
  emulator.finish(failed, 'failed');
  emulator.finish(finished, 'finished');
  const status = async (path: string) => (await fetch(`${emulator.url}/files/${path}`)).status;
  expect(await status(`${waiting}/0.png`)).toBe(404);
  expect(await status(`${failed}/0.png`)).toBe(404);
  expect(await status(`${finished}/0.png`)).toBe(200);
  expect(await status(`${finished}/1.png`)).toBe(404);
  expect(await status(`${finished}/0.exe`)).toBe(404);
});

test('the callback comes once, at the end, flat, and agrees with the status check', async () => {
  const emulator = await start();
  const receiver = await startReceiver();
  const id = await make(emulator, { callback_url: `${receiver.url}/hook/token` });
  await emulator.idle();
  expect(receiver.received).toHaveLength(1);
  const [callback] = receiver.received;
  expect(callback?.path).toBe('/hook/token');
  expect(callback?.headers['content-type']).toBe('application/json');
  const { progress, ...data } = (await check(emulator, id)).data;
  expect(progress).toBe(100);
  expect(JSON.parse(callback?.text ?? '')).toEqual(data);
  expect(emulator.counts()).toMatchObject({ callbacksSent: 1, callbackAnswers: { '200': 1 } });
});

test.each([null, '', undefined])('no callback is sent for callback_url %j', async (callbackUrl) => {
  const emulator = await start();
  const id = await make(emulator, { callback_url: callbackUrl });
  await checkUntilEnd(emulator, id);
  await emulator.idle();
  expect(emulator.counts().callbacksSent).toBe(0);
});

test('a task that is ended by hand ends once, and calls back once', async () => {
  const emulator = await start({ pace: { pendingMs: 500, runningMs: 500 } });
  const receiver = await startReceiver();
  const id = await make(emulator, { callback_url: receiver.url });
  expect(emulator.finish(id, 'failed')).toBe(true);
  expect(emulator.finish(id, 'finished')).toBe(false);
  await emulator.idle();
  await new Promise((resolve) => setTimeout(resolve, 1200));
  expect(receiver.received.map((one) => one.task?.status)).toEqual(['failed']);
  expect(emulator.counts()).toMatchObject({ tasksMade: 1, tasksEnded: 1 });
});

test('music detail gives music items without file_url', async () => {
  const emulator = await start();
  const detail = (id: string) => call(emulator, 'GET', `/api/generate/detail/music?task_id=${id}`);
  const minimax = await make(emulator, {
    model: 'minimax-music-2.6',
    input: { prompt: 'A bright folk tune', is_instrumental: true },
  });
  const song = await make(emulator, {
    model: 'generate-music',
    input: { prompt, title: 'Still Water', style: 'Folk' },
  });
  const stems = await make(emulator, { model: 'separate-vocals', input: { task_id: 'x', audio_id: 'y' } });
  for (const id of [minimax, song, stems]) await checkUntilEnd(emulator, id);

  const [item] = (await detail(minimax)).data.files as Record<string, unknown>[];
  expect(Object.keys(item ?? {}).sort()).toEqual(['audio_id', 'audio_url', 'duration', 'prompt', 'title']);
  expect((await fetch(String(item?.audio_url))).status).toBe(200);

  const variants = (await detail(song)).data.files as Record<string, unknown>[];
  expect(variants).toHaveLength(2);
  expect(variants[0]).toMatchObject({ title: 'Still Water', tags: 'Folk', prompt });
  expect(variants[0]?.audio_id).not.toBe(variants[1]?.audio_id);
  expect((await fetch(String(variants[1]?.image_url))).headers.get('content-type')).toBe('image/png');

  const [separated] = (await detail(stems)).data.files as Record<string, string>[];
  expect(Object.keys(JSON.parse(separated?.separate_vocals ?? ''))).toEqual(['vocal_url', 'instrumental_url']);
  expect(emulator.counts().musicDetailChecks).toBe(3);
});

test('another key is a 401 everywhere, in the documented body', async () => {
  const emulator = await start({ apiKey: 'sk-mine' });
  const id = await make(emulator);
  for (const [method, path, body] of [
    ['POST', '/api/generate/submit', { model: 'gpt-image-2', input: { prompt } }],
    ['GET', `/api/generate/status/${id}`, undefined],
    ['GET', `/api/generate/detail/music?task_id=${id}`, undefined],
  ] as const) {
    const answer = await call(emulator, method, path, body, 'sk-other');
    expect(answer.status).toBe(401);
    expect(answer.body).toEqual({
      code: 401,
      error: { message: 'Unauthorized - Invalid API key', type: 'authentication_error' },
    });
  }
  expect(emulator.counts()).toMatchObject({ tasksMade: 1, refused: { unauthorized: 3 } });
});

test('what is no task, no path and no method is said so', async () => {
  const emulator = await start();
  const unknown = await check(emulator, 'task-unified-1-nothing');
  expect(unknown.status).toBe(404);
  expect(unknown.body).toEqual({ code: 404, error: { message: 'Task not found', type: 'resource_not_found_error' } });
  expect((await call(emulator, 'GET', '/api/generate/detail/music')).status).toBe(404);
  expect((await call(emulator, 'GET', '/api/generate/status/%E0%A4%A')).status).toBe(404);
  expect((await call(emulator, 'GET', '/api/generate/history')).status).toBe(404);
  expect((await call(emulator, 'GET', '/api/generate/submit')).status).toBe(405);
  expect((await call(emulator, 'DELETE', '/api/generate/status/x')).status).toBe(405);
});

test.each([
  ['{"model":', 'The body must be a JSON object'],
  ['[]', 'The body must be a JSON object'],
  [{ input: { prompt } }, 'model is required'],
  [{ model: 'veo-3-1', input: { prompt } }, 'Model veo-3-1 is not supported'],
  [{ model: 'gpt-image-2' }, 'input is required'],
  [{ model: 'gpt-image-2', input: 'x' }, 'input is required'],
  [{ model: 'gpt-image-2', input: { prompt }, callback_url: 'hook' }, 'callback_url must be an http or https URL'],
  [{ model: 'gpt-image-2-edit', input: { prompt } }, 'image_urls is required for gpt-image-2-edit'],
])('a submit of %j is a 400', async (body, message) => {
  const emulator = await start();
  const answer = await call(emulator, 'POST', '/api/generate/submit', body);
  expect(answer.status).toBe(400);
  expect(answer.body).toEqual({ code: 400, error: { message, type: 'invalid_request_error' } });
  expect(emulator.counts()).toMatchObject({ submits: 1, tasksMade: 0, refused: { invalid: 1 } });
});

test('models can be added', async () => {
  const emulator = await start({ models: { 'brand-new': 'video' } });
  const id = await make(emulator, { model: 'brand-new', input: {} });
  expect((await checkUntilEnd(emulator, id)).data.files).toMatchObject([{ file_type: 'video' }]);
});

test('tasks are listed with their marker and how often it was submitted', async () => {
  const emulator = await start();
  await submit(emulator, { input: { prompt, marker: 'order-1' } });
  await submit(emulator, { input: { prompt: 'another' } });
  await submit(emulator, { model: 'gpt-image-2-edit', input: { prompt, marker: 'order-1' } });
  expect(emulator.tasks()).toMatchObject([
    { ordinal: 1, marker: 'order-1', submits: 2, model: 'gpt-image-2', answered: true, callbacks: [] },
    { ordinal: 2, marker: 'another', submits: 1 },
  ]);
  expect(emulator.submitsOf('order-1')).toBe(2);
  expect(emulator.submitsOf('order-2')).toBe(0);
});

test('the oldest ended tasks make room for new ones, live ones never do', async () => {
  const emulator = await start({ maxTasks: 2, faults: { task: { stuck: 1 } } });
  const first = await make(emulator);
  const second = await make(emulator);
  expect((await submit(emulator)).status).toBe(503);
  emulator.finish(second);
  const third = await make(emulator);
  expect(emulator.tasks().map((task) => task.taskId)).toEqual([first, third]);
  expect((await check(emulator, second)).status).toBe(404);
});

test('close drops what is open and frees the port', async () => {
  const emulator = await start({ faults: { submit: { hangAfter: 1 }, task: { pendingMs: 60_000 } } });
  const receiver = await startReceiver(() => {});
  const open = submit(emulator, { callback_url: receiver.url }).then(
    () => 'answered',
    () => 'dropped',
  );
  while (emulator.counts().tasksMade === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const idle = emulator.idle();
  await emulator.close();
  await idle;
  expect(await open).toBe('dropped');
  const again = await start({ port: Number(new URL(emulator.url).port) });
  expect(again.url).toBe(emulator.url);
});
