import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { failure, filesIn, here, png } from '../test/capturing.js';
import { context, running, succeeded } from '../test/running.js';
import { CaptureError } from './capture-error.js';
import { captureResults } from './capture-results.js';

const { serve, folder } = running();

const picture = (type = 'image/png') =>
  serve((_request, response) => response.setHeader('content-type', type).end(png));

describe('captureResults, when the download breaks', () => {
  it.each<[string, (response: ServerResponse) => void, object]>([
    [
      'is cut short of its length',
      (response) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('abc', () => setTimeout(() => response.destroy(), 100));
      },
      { code: 'truncated', retry: true },
    ],
    [
      'is cut inside its chunks',
      (response) => {
        response.write('abc', () => setTimeout(() => response.destroy(), 100));
      },
      { code: 'truncated', retry: true },
    ],
    ['is empty', (response) => void response.end(), { code: 'empty', retry: true }],
    [
      'is reset before it answers',
      (response) => void response.socket?.resetAndDestroy(),
      { code: 'unreachable', retry: true },
    ],
    [
      'is not there yet, or no more',
      (response) => void response.writeHead(404).end('gone'),
      { code: 'http_404', retry: true },
    ],
    ['is gone for good', (response) => void response.writeHead(410).end(), { code: 'http_410', retry: false }],
    ['is a part', (response) => void response.writeHead(206).end('x'), { code: 'http_206' }],
    ['is a redirect to nowhere', (response) => void response.writeHead(302).end(), { code: 'http_302' }],
    ['never answers', () => undefined, { code: 'timeout', retry: true }],
    [
      'stops in the middle',
      (response) => void response.writeHead(200, { 'content-length': '1000' }).write('abc'),
      { code: 'timeout' },
    ],
    [
      'drips',
      (response) => {
        const drip = setInterval(() => response.write('x'), 20);
        response.on('close', () => clearInterval(drip));
      },
      { code: 'timeout' },
    ],
  ])('says so and keeps nothing when it %s', async (_what, answer, expected) => {
    const server = await serve((_request, response) => answer(response));
    const to = await folder();
    const error = await failure({ to, timeoutMs: 400, ...here }, succeeded([server.url]));
    expect(error).toMatchObject({ name: 'CaptureError', index: 0, ...expected });
    expect(await filesIn(to)).toEqual([]);
  });

  it('says so when nobody listens, when the name is unknown, and when there is no URL', async () => {
    const server = await picture();
    const options = { to: await folder(), ...here };
    const closed = `http://127.0.0.1:${await portOfNobody()}/`;
    expect(await failure(options, succeeded([closed]))).toMatchObject({ code: 'unreachable' });
    const resolve = () => Promise.reject(new Error('ENOTFOUND files.example.test'));
    expect(await failure({ ...options, resolve }, succeeded(['http://files.example.test/a']))).toMatchObject({
      code: 'unknown_host',
    });
    expect(
      await failure({ ...options, resolve: async () => [] }, succeeded(['http://files.example.test/a'])),
    ).toMatchObject({ code: 'unknown_host' });
    for (const url of [
      '',
      'no url',
      '/a.png',
      'ftp://files.example.test/a',
      'data:image/png;base64,AAAA',
      'file:///etc/passwd',
    ]) {
      expect(await failure(options, succeeded([url]))).toMatchObject({ code: 'bad_url', retry: false });
    }
    const withUser = `http://user:word@127.0.0.1:${server.port}/a`;
    expect(await failure(options, succeeded([withUser]))).toMatchObject({ code: 'bad_url' });
    expect(server.requests()).toBe(0);
  });

  it('gives up on a resolver and on a target that never end', async () => {
    const server = await picture();
    const never = () => new Promise<never>(() => undefined);
    const slow = { ...here, timeoutMs: 200 };
    expect(
      await failure({ to: await folder(), ...slow, resolve: never }, succeeded(['http://files.example.test/'])),
    ).toMatchObject({ code: 'timeout' });
    expect(await failure({ to: never, ...slow }, succeeded([server.url]))).toMatchObject({ code: 'timeout' });
  });

  it('tries the other files all the same, and reports first what another attempt may cure', async () => {
    const server = await serve((request, response) => {
      const status = { '/0': 410, '/1': 500 }[request.url ?? ''] ?? 200;
      response.writeHead(status, { 'content-type': 'image/png' }).end(png);
    });
    const to = await folder();
    const task = succeeded([0, 1, 2].map((index) => `${server.url}/${index}`));
    expect(await failure({ to, ...here }, task)).toMatchObject({ code: 'http_500', index: 1, retry: true });
    expect(await filesIn(to)).toEqual(['2.png']);
  });

  it('stops when the effect must stop, with the reason it was given', async () => {
    const server = await serve(
      (_request, response) => void response.writeHead(200, { 'content-type': 'image/png' }).write('abc'),
    );
    const abort = new AbortController();
    const reason = new CaptureError('timeout');
    const to = await folder();
    const task = succeeded([server.url, server.url, server.url]);
    const ended = captureResults({ to, concurrency: 1, ...here })(task, context(abort.signal)).catch(
      (error: unknown) => error,
    );
    while (server.requests() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    abort.abort(reason);
    expect(await ended).toBe(reason);
    expect(server.requests()).toBe(1);
    expect(await filesIn(to)).toEqual([]);
    expect(
      await captureResults({ to, ...here })(task, context(AbortSignal.abort(reason))).catch((error: unknown) => error),
    ).toBe(reason);
  });
});

async function portOfNobody(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
