import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { ProviderFailure } from '../errors.js';
import type { ProviderIo } from '../provider.js';
import { ask } from './ask.js';
import { retryAfterMs } from './retry-after.js';
import { type SentResponse, sendOnce } from './send-once.js';
import { failedSubmit, noAnswer } from './submit-failure.js';

const open: (Server | TcpServer)[] = [];
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(open.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function listen(server: Server | TcpServer): Promise<string> {
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(server);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server that does one thing to each connection when the first bytes arrive. */
const onData = (act: (socket: Socket) => void) =>
  listen(
    createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => act(socket));
    }),
  );

const io = (signal: AbortSignal = AbortSignal.timeout(20_000), fetch = globalThis.fetch): ProviderIo => ({
  fetch,
  signal,
  now: () => Date.parse('2026-01-01T00:00:00Z'),
});

async function closedPort(): Promise<string> {
  const server = createTcpServer();
  const url = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  open.splice(open.indexOf(server), 1);
  return url;
}

describe('sendOnce', () => {
  it('sends exactly one POST with its headers and body and hands the answer back, whatever its status', async () => {
    const seen: unknown[] = [];
    const url = await listen(
      createServer(async (request, response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk);
        seen.push([request.method, request.headers.authorization, Buffer.concat(chunks).toString()]);
        response.writeHead(503, { 'x-reason': 'busy' }).end('later é');
      }),
    );
    const sent = await sendOnce(io(), url, { headers: { authorization: 'Bearer k' }, body: '{"a":1}' });
    expect(sent).toMatchObject({ kind: 'answer', response: { status: 503, text: 'later é' } });
    expect(sent.kind === 'answer' && sent.response.headers.get('x-reason')).toBe('busy');
    expect(seen).toEqual([['POST', 'Bearer k', '{"a":1}']]);
  });

  it('says notSent for a refused connection, also when every address of a name refuses', async () => {
    const url = await closedPort();
    expect(await sendOnce(io(), url)).toEqual({ kind: 'notSent', code: 'ECONNREFUSED' });
    expect(await sendOnce(io(), url.replace('127.0.0.1', 'localhost'))).toEqual({
      kind: 'notSent',
      code: 'ECONNREFUSED',
    });
  });

  it('says notSent for a name with several addresses only when none of them was reached', async () => {
    const error = (code: string, syscall: string) => Object.assign(new Error(code), { code, syscall });
    const failing = (...errors: Error[]) =>
      sendOnce(
        io(undefined, async () => {
          throw new TypeError('fetch failed', { cause: new AggregateError(errors) });
        }),
        'http://127.0.0.1:9999/',
      );
    expect(await failing(error('ECONNREFUSED', 'connect'), error('ETIMEDOUT', 'connect'))).toMatchObject({
      kind: 'notSent',
    });
    expect(await failing(error('ECONNREFUSED', 'connect'), error('ECONNRESET', 'read'))).toMatchObject({
      kind: 'unclear',
    });
  });

  it('says notSent for a host that does not exist', async () => {
    const sent = await sendOnce(io(), 'http://nobody.invalid/');
    expect(sent.kind).toBe('notSent');
  });

  it('says notSent for a TLS handshake that never came about', async () => {
    const plain = await listen(createServer((_request, response) => response.end('x')));
    expect(await sendOnce(io(), plain.replace('http:', 'https:'))).toMatchObject({ kind: 'notSent' });
    const hangsUp = await onData((socket) => socket.end());
    expect(await sendOnce(io(), hangsUp.replace('http:', 'https:'))).toMatchObject({ kind: 'notSent' });
  });

  it('says notSent for what is no request at all, and for a signal that aborted before', async () => {
    expect(await sendOnce(io(), 'no url')).toEqual({ kind: 'notSent', code: 'INVALID_REQUEST' });
    expect(await sendOnce(io(), 'http://127.0.0.1:1/')).toMatchObject({ kind: 'notSent' });
    const url = await onData(() => undefined);
    expect(await sendOnce(io(), url, { headers: { a: 'x\ny' } })).toEqual({ kind: 'notSent', code: 'INVALID_REQUEST' });
    expect(await sendOnce(io(AbortSignal.abort()), url)).toEqual({ kind: 'notSent', code: 'ABORTED' });
  });

  it.each<[string, (socket: Socket) => void]>([
    ['is reset after the request', (socket) => socket.resetAndDestroy()],
    ['is ended after the request', (socket) => socket.end()],
    ['answers something that is not HTTP', (socket) => socket.end('hello\r\n\r\n')],
    ['breaks off inside the answer', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc')],
  ])('says unclear when the connection %s', async (_name, act) => {
    const sent = await sendOnce(io(), await onData(act), { body: 'x' });
    expect(sent.kind).toBe('unclear');
  });

  it('says unclear at the time limit, before the answer and inside it', async () => {
    const silent = await onData(() => undefined);
    expect(await sendOnce(io(AbortSignal.timeout(100)), silent)).toEqual({ kind: 'unclear', code: 'TIMEOUT' });
    const stalls = await onData((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc'));
    expect(await sendOnce(io(AbortSignal.timeout(300)), stalls)).toEqual({ kind: 'unclear', code: 'TIMEOUT' });
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 50);
    expect(await sendOnce(io(abort.signal), silent)).toEqual({ kind: 'unclear', code: 'ABORTED' });
  });

  it('stops reading an answer that is too long', async () => {
    let written = 0;
    const url = await listen(
      createServer((_request, response) => {
        const more = (): void => {
          if (response.destroyed) return;
          written += 65_536;
          response.write(Buffer.alloc(65_536, 'x'), () => setImmediate(more));
        };
        more();
      }),
    );
    expect(await sendOnce(io(), url, { maxBytes: 200_000 })).toEqual({ kind: 'unclear', code: 'ANSWER_TOO_LARGE' });
    expect(written).toBeLessThan(50_000_000);
  });

  it('does not follow a redirect', async () => {
    let requests = 0;
    const url = await listen(
      createServer((_request, response) => {
        requests += 1;
        response.writeHead(307, { location: '/other' }).end();
      }),
    );
    expect(await sendOnce(io(), url, { body: 'x' })).toMatchObject({ kind: 'answer', response: { status: 307 } });
    expect(requests).toBe(1);
  });

  it('tells nothing of URL, key or body, whatever a fetch throws', async () => {
    const leaky = async (url: unknown, init: unknown) => {
      throw Object.assign(new Error(`failed: ${String(url)}`), { code: `secret ${inspect(init)}`, cause: 'sk-secret' });
    };
    const sent = await sendOnce(io(undefined, leaky), 'http://127.0.0.1:9999/sk-secret', { body: 'sk-secret' });
    expect(sent).toEqual({ kind: 'unclear', code: 'FETCH_FAILED' });
    expect(inspect(sent, { depth: 9 })).not.toContain('secret');
  });
});

const answer = (status: number, headers: Record<string, string> = {}): SentResponse => ({
  status,
  headers: new Headers(headers),
  text: '',
});

describe('failedSubmit', () => {
  const error = { code: 'x', message: null };
  it.each([
    [400, 'refused'],
    [401, 'refused'],
    [402, 'refused'],
    [404, 'refused'],
    [422, 'refused'],
    [302, 'refused'],
    [308, 'refused'],
    [303, 'unclear'],
    [408, 'unclear'],
    [500, 'unclear'],
    [502, 'unclear'],
    [503, 'unclear'],
    [425, 'notSent'],
    [429, 'notSent'],
  ])('reads %i as %s', (status, kind) => {
    expect(failedSubmit(answer(status), error, 0)).toEqual({ kind, error });
  });

  it('passes Retry-After on, and what got no answer as it is', () => {
    expect(failedSubmit(answer(429, { 'retry-after': '7' }), error, 0)).toMatchObject({ retryAfterMs: 7000 });
    const inWords = { code: 'x', message: 'Too many. Please try again in 1.5s.' };
    expect(failedSubmit(answer(429), inWords, 0)).toMatchObject({ retryAfterMs: 1500 });
    expect(failedSubmit(answer(429, { 'retry-after': '7' }), inWords, 0)).toMatchObject({ retryAfterMs: 7000 });
    expect(noAnswer({ kind: 'unclear', code: 'TIMEOUT' })).toEqual({
      kind: 'unclear',
      error: { code: 'TIMEOUT', message: null },
    });
  });
});

describe('retryAfterMs', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  it.each([
    ['5', 5000],
    [' 1.5 ', 1500],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['99999999', 3_600_000],
    ['', undefined],
    ['soon', undefined],
    [null, undefined],
  ])('reads %j as %s', (value, expected) => {
    expect(retryAfterMs(value, now)).toBe(expected);
  });
});

describe('ask', () => {
  const serve = (status: number, headers: Record<string, string> = {}, body = '{}') =>
    listen(createServer((_request, response) => response.writeHead(status, headers).end(body)));

  it('hands back what the provider says about the task, a 404 included', async () => {
    expect((await ask(io(), await serve(200))).status).toBe(200);
    expect((await ask(io(), await serve(404))).status).toBe(404);
  });

  it('throws ProviderFailure for what says to come again, and pauses the provider at 429', async () => {
    const failureOf = async (url: string) => ask(io(), url).catch((error: unknown) => error);
    expect(await failureOf(await serve(500))).toMatchObject({ code: 'http_500', pause: false });
    expect(await failureOf(await serve(302))).toMatchObject({ code: 'http_302' });
    expect(await failureOf(await serve(429, { 'retry-after': '9' }))).toMatchObject({
      retryAfterMs: 9000,
      pause: true,
    });
    const inWords = '{"error":{"message":"Rate limit exceeded, try again in 12 seconds"}}';
    expect(await failureOf(await serve(429, {}, inWords))).toMatchObject({
      code: 'rate_limited',
      retryAfterMs: 12_000,
    });
    expect(await failureOf(await serve(503))).toMatchObject({ pause: false });
    expect(await failureOf(await serve(503, { 'retry-after': '2' }))).toMatchObject({ pause: true });
    const refused = await failureOf(await closedPort());
    expect(refused).toBeInstanceOf(ProviderFailure);
    expect(refused).toMatchObject({ code: 'ECONNREFUSED' });
  });
});
