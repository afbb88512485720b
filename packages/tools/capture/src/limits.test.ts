import { buffer } from 'node:stream/consumers';
import { isTasklatchError, type ResultFile } from '@tasklatch/core';
import { describe, expect, it } from 'vitest';
import { failure, filesIn, here, png } from '../test/capturing.js';
import { context, running, succeeded } from '../test/running.js';
import { captureResults } from './capture-results.js';
import type { CaptureUpload } from './capture-target.js';

const { serve, folder } = running();

const picture = (type = 'image/png') =>
  serve((_request, response) => response.setHeader('content-type', type).end(png));

describe('captureResults, its limits', () => {
  const big = 'x'.repeat(100_001);

  it('does not read a file that is announced too large', async () => {
    let puts = 0;
    const to = async ({ stream }: CaptureUpload) => {
      puts += 1;
      await buffer(stream);
    };
    const server = await serve((_request, response) => response.setHeader('content-type', 'image/png').end(big));
    expect(await failure({ to, maxBytes: 100_000, ...here }, succeeded([server.url]))).toMatchObject({
      code: 'too_large',
      retry: false,
    });
    expect(puts).toBe(0);
  });

  it('stops at the limit when no length is announced, and keeps nothing', async () => {
    let written = 0;
    const server = await serve((_request, response) => {
      const more = (): void => {
        if (response.destroyed) return;
        written += 65_536;
        response.write(Buffer.alloc(65_536), () => setImmediate(more));
      };
      more();
    });
    const to = await folder();
    expect(await failure({ to, maxBytes: 100_000, ...here }, succeeded([server.url]))).toMatchObject({
      code: 'too_large',
      retry: false,
    });
    expect(await filesIn(to)).toEqual([]);
    expect(written).toBeLessThan(100_000_000);
  });

  it('takes a file of exactly the limit, with and without a length', async () => {
    const server = await serve((request, response) => {
      if (request.url === '/chunked') response.write(big.slice(0, 10));
      response.end(request.url === '/chunked' ? big.slice(10) : big);
    });
    const to = await folder();
    await captureResults({ to, maxBytes: big.length, ...here })(
      succeeded([server.url, `${server.url}/chunked`]),
      context(),
    );
    expect(await filesIn(to)).toEqual(['0.bin', '1.bin']);
  });

  it('fetches nothing of a task with too many files', async () => {
    const server = await picture();
    const task = succeeded(Array.from({ length: 5 }, () => server.url));
    expect(await failure({ to: await folder(), maxFiles: 4, ...here }, task)).toMatchObject({
      code: 'too_many_files',
      index: null,
      retry: false,
    });
    expect(server.connections()).toBe(0);
  });

  it('fetches no more files at once than it may', async () => {
    let now = 0;
    let most = 0;
    const server = await serve((_request, response) => {
      now += 1;
      most = Math.max(most, now);
      setTimeout(() => {
        now -= 1;
        response.setHeader('content-type', 'image/png').end(png);
      }, 20);
    });
    const to = await folder();
    await captureResults({ to, concurrency: 2, ...here })(
      succeeded(Array.from({ length: 6 }, () => server.url)),
      context(),
    );
    expect((await filesIn(to)).length).toBe(6);
    expect(most).toBe(2);
  });

  it.each<[string, string, ResultFile['kind'], boolean]>([
    ['a picture', 'image/webp', 'image', true],
    ['an unsaid type', 'application/octet-stream', 'image', true],
    ["a bucket's unsaid type", 'binary/octet-stream', 'video', true],
    ['a page in place of a picture', 'text/html; charset=utf-8', 'image', false],
    ['a page in place of anything', 'text/html', 'other', false],
    ['a picture in place of a video', 'image/png', 'video', false],
    ['JSON in place of sound', 'application/json', 'audio', false],
    ['Ogg', 'application/ogg', 'audio', true],
    ['a GLB', 'model/gltf-binary', 'model', true],
    ['an OBJ', 'text/plain', 'model', true],
    ['lyrics', 'text/plain', 'other', true],
  ])('judges %s (%s for %s): %s', async (_what, type, kind, taken) => {
    const server = await picture(type);
    const to = await folder();
    const error = await failure({ to, ...here }, succeeded([server.url], kind));
    expect(error).toEqual(taken ? 'nothing was thrown' : expect.objectContaining({ code: 'wrong_type', retry: true }));
    expect((await filesIn(to)).length).toBe(taken ? 1 : 0);
  });

  it('takes the types it is told to take', async () => {
    const server = await picture('text/html');
    const accepts = (_file: unknown, type: string) => type === 'text/html';
    expect(await failure({ to: await folder(), accepts, ...here }, succeeded([server.url]))).toBe('nothing was thrown');
  });

  it('refuses a body that comes packed though it asked for none', async () => {
    const server = await serve((request, response) => {
      expect(request.headers['accept-encoding']).toBe('identity');
      response.writeHead(200, { 'content-type': 'image/png', 'content-encoding': 'gzip' }).end('x');
    });
    expect(await failure({ to: await folder(), ...here }, succeeded([server.url]))).toMatchObject({
      code: 'encoded',
      retry: false,
    });
  });

  it.each([
    ['maxBytes', 0],
    ['maxFiles', -1],
    ['timeoutMs', Number.NaN],
    ['concurrency', 1.5],
    ['maxRedirects', -1],
  ])('refuses %s of %d at once', (name, value) => {
    expect(() => captureResults({ to: 'x', [name]: value })).toThrow(
      expect.objectContaining({ code: 'invalid_options' }),
    );
  });

  it('refuses a folder without a name', () => {
    let error: unknown;
    try {
      captureResults({ to: '' });
    } catch (thrown) {
      error = thrown;
    }
    expect(isTasklatchError(error, 'invalid_options')).toBe(true);
  });
});
