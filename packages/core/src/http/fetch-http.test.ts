import { describe, expect, it } from 'vitest';
import type { HttpAnswer, HttpHandler, HttpRequest } from '../http.js';
import { toFetchHandler } from './fetch-http.js';

const echo: HttpHandler = async (request) => {
  const { bytes } = await request.body(10);
  return { status: 200, headers: { connection: 'close', 'x-path': request.path }, body: Buffer.from(bytes).toString() };
};

const post = (path: string, body?: string): Request =>
  new Request(`https://app.example.com${path}`, { method: 'POST', ...(body === undefined ? {} : { body }) });

describe('toFetchHandler', () => {
  it('cuts its mount path off, and answers 404 to others', async () => {
    const handle = toFetchHandler(echo, '/api/callbacks');
    const answer = await handle(post('/api/callbacks/a%2Fb?c=1', 'bytes'));
    expect([answer.status, answer.headers.get('x-path'), await answer.text()]).toEqual([200, '/a%2Fb?c=1', 'bytes']);
    expect(answer.headers.has('connection')).toBe(false);
    expect((await handle(post('/api/callbacksandmore', 'bytes'))).status).toBe(404);
  });

  it('says that a body is gone that was read before, and rejects what the app threw', async () => {
    const used = post('/', 'bytes');
    await used.text();
    await expect(toFetchHandler(echo)(used)).rejects.toMatchObject({ code: 'body_consumed' });
    await expect(toFetchHandler(() => Promise.reject(new Error('the app')))(post('/'))).rejects.toThrow('the app');
  });

  it('holds a body without an announced length to the limit, and takes none at all', async () => {
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(4)) });
    const request = new Request('https://app.example.com/', { method: 'POST', body: endless, duplex: 'half' });
    await expect(toFetchHandler(echo)(request)).rejects.toMatchObject({ code: 'body_too_large' });
    expect(await (await toFetchHandler(echo)(post('/'))).text()).toBe('');
  });

  it('tells the handler that a watcher has gone, on hosts that only cancel the answer', async () => {
    let seen: HttpRequest | undefined;
    let freed = false;
    async function* ticks(signal: AbortSignal): AsyncGenerator<string, void, undefined> {
      try {
        yield 'first';
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      } finally {
        freed = true;
      }
    }
    const handler: HttpHandler = async (request): Promise<HttpAnswer> => {
      seen = request;
      return { status: 200, headers: {}, body: ticks(request.signal) };
    };
    const answer = await toFetchHandler(handler)(new Request('https://app.example.com/'));
    const reader = answer.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('first');
    await reader?.cancel();
    expect(seen?.signal.aborted).toBe(true);
    expect(freed).toBe(true);
  });

  it('gives 204 no body', async () => {
    const answer = await toFetchHandler(async () => ({ status: 204, headers: {}, body: '' }))(post('/'));
    expect([answer.status, answer.body]).toEqual([204, null]);
  });
});
