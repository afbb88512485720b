import { createHash } from 'node:crypto';
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { aTask } from '@tasklatch/testing';
import { describe, expect, it } from 'vitest';
import { failure, filesIn, here, png } from '../test/capturing.js';
import { context, running, succeeded } from '../test/running.js';
import { captureResults } from './capture-results.js';
import type { CaptureUpload } from './capture-target.js';

const { serve, folder } = running();

const picture = (type = 'image/png') =>
  serve((_request, response) => response.setHeader('content-type', type).end(png));

describe('captureResults, into a folder', () => {
  it('saves each file of a succeeded task under the id of the task, named by index and type', async () => {
    const server = await serve((request, response) => {
      const type = request.url?.endsWith('.mp3') ? 'audio/mpeg' : 'image/png; charset=binary';
      response.setHeader('content-type', type).end(`body of ${request.url}`);
    });
    const to = await folder();
    await captureResults({ to, ...here })(succeeded([`${server.url}/a`, `${server.url}/b?signature=x`]), context());
    await captureResults({ to, ...here })(succeeded([`${server.url}/c.mp3`], 'audio', { id: 'task_2' }), context());
    expect(await filesIn(join(to, 'task_contract'))).toEqual(['0.png', '1.png']);
    expect(await readFile(join(to, 'task_contract', '1.png'), 'utf8')).toBe('body of /b?signature=x');
    expect(await readFile(join(to, 'task_2', '0.mp3'), 'utf8')).toBe('body of /c.mp3');
  });

  it('leaves tasks alone that have not succeeded, or made no file', async () => {
    const server = await picture();
    const to = await folder();
    const capture = captureResults({ to, ...here });
    for (const status of ['pending', 'failed', 'canceled', 'expired'] as const) {
      await capture(succeeded([server.url], 'image', { status }), context());
    }
    await capture(aTask({ status: 'succeeded', result: { files: [] } }), context());
    await capture(aTask({ status: 'succeeded' }), context());
    expect(server.connections()).toBe(0);
    expect(await filesIn(to)).toEqual([]);
  });

  it('goes on where an attempt stopped: what is there is not fetched again', async () => {
    let up = false;
    const asked: string[] = [];
    const server = await serve((request, response) => {
      asked.push(request.url ?? '');
      if (request.url === '/1' && !up) response.writeHead(503).end();
      else response.setHeader('content-type', 'image/png').end(png);
    });
    const task = succeeded([0, 1, 2].map((index) => `${server.url}/${index}`));
    const to = await folder();
    const options = { to, ...here, concurrency: 1 };
    expect(await failure(options, task)).toMatchObject({ code: 'http_503', index: 1, retry: true });
    expect(await filesIn(to)).toEqual(['0.png', '2.png']);
    up = true;
    await captureResults(options)(task, context());
    await captureResults(options)(task, context());
    expect(await filesIn(to)).toEqual(['0.png', '1.png', '2.png']);
    expect(asked).toEqual(['/0', '/1', '/2', '/1']);
  });

  it('shows a file only when it is whole, also to two attempts at once', async () => {
    const body = Buffer.alloc(3_000_000, 'x');
    const server = await serve((_request, response) => response.setHeader('content-type', 'image/png').end(body));
    const to = await folder();
    const capture = captureResults({ to, ...here });
    await Promise.all([1, 2, 3].map(() => capture(succeeded([server.url]), context())));
    expect(await filesIn(to)).toEqual(['0.png']);
    expect((await readFile(join(to, 'task_contract', '0.png'))).equals(body)).toBe(true);
  });

  it('does not take what another attempt is still writing for a file that is there', async () => {
    let attempts = 0;
    const server = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'image/png', 'content-length': String(png.length) });
      // The first attempt gets the beginning only.
      if (attempts++ > 0) response.end(png);
      else response.write(png.subarray(0, 3));
    });
    const to = await folder();
    const abort = new AbortController();
    const capture = captureResults({ to, ...here });
    const first = capture(succeeded([server.url]), context(abort.signal)).catch((error: unknown) => error);
    while ((await filesIn(to)).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await capture(succeeded([server.url]), context());
    expect((await readFile(join(to, 'task_contract', '0.png'))).equals(png)).toBe(true);
    abort.abort(new Error('lease lost'));
    expect(await first).toMatchObject({ message: 'lease lost' });
    expect(await filesIn(to)).toEqual(['0.png']);
  });

  it('removes what a process left behind that died long ago, and nothing younger', async () => {
    const server = await picture();
    const to = await folder();
    const capture = captureResults({ to, ...here });
    await capture(succeeded([server.url]), context());
    const [old, young, other] = ['.0.00112233445566aa.part', '.1.00112233445566aa.part', 'mine.txt'].map((name) =>
      join(to, 'task_contract', name),
    );
    for (const path of [old, young, other]) await writeFile(String(path), 'x');
    const longAgo = new Date(Date.now() - 100 * 3_600_000);
    for (const path of [old, other]) await utimes(String(path), longAgo, longAgo);
    await capture(succeeded([server.url, `${server.url}/1`]), context());
    expect(await filesIn(to)).toEqual(['.1.00112233445566aa.part', '0.png', '1.png', 'mine.txt']);
  });

  it('makes no path of a task id that is no plain one', async () => {
    const server = await picture();
    const to = await folder();
    const id = '../../outside';
    await captureResults({ to, ...here })(succeeded([server.url], 'image', { id }), context());
    expect(await readdir(to)).toEqual([createHash('sha256').update(id).digest('hex')]);
  });
});

describe('captureResults, into a function', () => {
  it('hands over the file with its task, place, type, length and bytes', async () => {
    const server = await picture('IMAGE/PNG; q=1');
    const got: (Omit<CaptureUpload, 'stream'> & { body: string })[] = [];
    const to = async ({ stream, ...rest }: CaptureUpload): Promise<void> => {
      got.push({ ...rest, body: (await buffer(stream)).toString() });
    };
    const task = succeeded([server.url]);
    await captureResults({ to, ...here })(task, context());
    const [file] = task.result?.files ?? [];
    expect(got).toMatchObject([
      { task, file, index: 0, contentType: 'image/png', bytes: png.length, body: png.toString() },
    ]);
  });

  it('does not say a length that the server does not', async () => {
    const server = await serve((_request, response) => {
      response.write('a');
      response.end('b');
    });
    const lengths: (number | null)[] = [];
    const to = async ({ stream, bytes }: CaptureUpload): Promise<void> => {
      lengths.push(bytes, (await buffer(stream)).length);
    };
    await captureResults({ to, ...here })(succeeded([server.url]), context());
    expect(lengths).toEqual([null, 2]);
  });

  it('skips what `has` knows', async () => {
    const server = await picture();
    const put: number[] = [];
    const to = {
      put: async ({ stream, index }: CaptureUpload) => {
        await buffer(stream);
        put.push(index);
      },
      has: async ({ index }: { index: number }) => index === 0,
    };
    await captureResults({ to, ...here })(succeeded([server.url, server.url]), context());
    expect(put).toEqual([1]);
    expect(server.requests()).toBe(1);
  });

  it("passes the target's own error on", async () => {
    const server = await picture();
    const full = new Error('The bucket is full.');
    const to = () => Promise.reject(full);
    expect(await failure({ to, ...here }, succeeded([server.url]))).toBe(full);
    const toSync = (): Promise<void> => {
      throw full;
    };
    expect(await failure({ to: toSync, ...here }, succeeded([server.url]))).toBe(full);
  });

  it('does not count a file as stored that was not read to its end', async () => {
    const server = await serve((_request, response) =>
      response.setHeader('content-type', 'image/png').end(Buffer.alloc(3_000_000)),
    );
    for (const to of [
      async () => undefined,
      async ({ stream }: CaptureUpload) => void stream.destroy(),
      async ({ stream }: CaptureUpload) => void stream.once('data', () => undefined),
    ]) {
      expect(await failure({ to, ...here }, succeeded([server.url]))).toMatchObject({
        code: 'not_consumed',
        retry: true,
      });
    }
  });
});
