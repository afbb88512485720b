import { createHash } from 'node:crypto';
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { isTasklatchError, type Task } from '@tasklatch/core';
import { aTask } from '@tasklatch/testing';
import { describe, expect, it } from 'vitest';
import { context, running, succeeded } from '../test/running.js';
import { CaptureError } from './capture-error.js';
import { type CaptureOptions, type CaptureUpload, captureResults } from './capture-results.js';

const { serve, folder } = running();
const png = Buffer.from('not really a picture');

/** Loopback over HTTP: what a test server is. */
const here = { allowHttp: true, allowPrivate: true } as const;

/** What is in a folder, by path. */
async function filesIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .sort();
}

/** What `captureResults` threw for a task, having checked that it shows no address. */
async function failure(options: CaptureOptions, task: Task): Promise<unknown> {
  const error: unknown = await captureResults(options)(task, context()).then(
    () => 'nothing was thrown',
    (thrown: unknown) => thrown,
  );
  const shown = inspect(error, { showHidden: true, depth: 9 });
  for (const { url } of task.result?.files ?? []) {
    if (url !== '') expect(shown).not.toContain(url);
    if (URL.canParse(url)) expect(shown).not.toContain(new URL(url).host || 'no host');
  }
  return error;
}

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

  it.each<
    [string, string, Task['result'] extends infer _ ? 'image' | 'video' | 'audio' | 'model' | 'other' : never, boolean]
  >([
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

describe('captureResults, when the download breaks', () => {
  it.each<[string, (response: import('node:http').ServerResponse) => void, object]>([
    [
      'is cut short of its length',
      (response) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('abc', () => response.destroy());
      },
      { code: 'truncated', retry: true },
    ],
    [
      'is cut inside its chunks',
      (response) => {
        response.write('abc', () => response.destroy());
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
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
