import { DONE } from './adapter-bench.js';
import type { AdapterSuite } from './adapter-suite.js';
import { rawRequest } from './raw-http.js';
import { signatureOf } from './recording-provider.js';

const bytes = Buffer.from(JSON.stringify(DONE));
const headers = ['Content-Type: application/json', `X-Signature: ${signatureOf(bytes)}`];

/** The routes work wherever they are mounted, and leave everything else to the app. */
export function pathCases({ expect, it }: AdapterSuite): void {
  for (const [callbacksAt, tasksAt] of [
    ['/callbacks', '/tasks'],
    ['/api/v1/hooks', '/api/v1/my-tasks'],
    ['/tasks/callbacks', '/callbacks/tasks'],
  ] as const) {
    it(`works mounted at ${callbacksAt} and ${tasksAt}`, { callbacksAt, tasksAt }, async (bench) => {
      const task = await bench.task();
      expect((await bench.deliver(task)).status).toBe(200);
      expect(bench.signed.seen.at(-1)?.path).toBe('/');
      const answers = await Promise.all(
        [`/${task.id}`, `/${task.id}/`, '', '/', '?limit=1', '/?limit=1'].map((path) => bench.ask(path, 'alice')),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
      expect(answers.slice(0, 2).map(({ body }) => JSON.parse(body).status)).toEqual(['succeeded', 'succeeded']);
      expect(answers.slice(2).map(({ body }) => JSON.parse(body).tasks.length)).toEqual([1, 1, 1, 1]);
    });
  }

  it('hands over what follows the token as it came: slashes, escapes and query', async (bench) => {
    const task = await bench.task();
    for (const below of ['/', '/more/of%2Fit/%C3%A9', '?a=1&b=%20x&a=2', '/x/?q=/callbacks/y', '/callbacks/tasks']) {
      const answer = await rawRequest(bench.url, { path: `${bench.path(task)}${below}`, body: bytes, headers });
      expect(answer.status).toBe(200);
      expect(bench.signed.seen.at(-1)?.path).toBe(below.startsWith('?') ? `/${below}` : below);
    }
  });

  it('understands the absolute form of a request target, as proxies send it', async (bench) => {
    const task = await bench.task();
    const path = `http://127.0.0.1${bench.path(task)}?a=1`;
    expect((await rawRequest(bench.url, { path, body: bytes, headers })).status).toBe(200);
    expect(bench.signed.seen.at(-1)?.path).toBe('/?a=1');
  });

  it('leaves the neighbours of its mount path to the app', async (bench) => {
    const task = await bench.task();
    const own = bench.path(task);
    const paths = [own.replace('/callbacks', '/callbacksandmore'), own.slice('/callbacks'.length), '/', '/elsewhere'];
    for (const path of paths) {
      const answer = await rawRequest(bench.url, { path, body: bytes, headers });
      expect(answer.status).toBe(404);
      // Ours would say so in its own JSON.
      expect(answer.body.includes('"ok":false') || answer.body === '{"error":"not_found"}').toBe(false);
    }
    expect(bench.signed.seen.length).toBe(0);
  });

  it("leaves the app's own routes and their body parser alone", { parser: 'json' }, async (bench) => {
    const answer = await rawRequest(bench.url, {
      path: '/own',
      body: '{ "a": [1, 2] }',
      headers: ['Content-Type: application/json'],
    });
    expect(answer.status).toBe(200);
    expect(answer.headers['x-own']).toBe('yes');
    expect(JSON.parse(answer.body)).toEqual({ body: { a: [1, 2] } });
  });
}
