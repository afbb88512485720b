import type { AdapterSuite } from './adapter-suite.js';
import { rawRequest } from './raw-http.js';

/** Other methods are answered 405 with what would work. */
export function methodCases({ expect, it }: AdapterSuite): void {
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE']) {
    it(`answers 405 to ${method} on the callback URL, and stores nothing`, async (bench) => {
      const task = await bench.task();
      const answer = await rawRequest(bench.url, { method, path: bench.path(task) });
      expect(answer.status).toBe(405);
      expect(answer.headers.allow).toBe('POST');
      if (method === 'HEAD') expect(answer.body).toBe('');
      expect(bench.signed.seen.length).toBe(0);
    });
  }

  for (const method of ['HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']) {
    it(`answers 405 to ${method} on the task routes`, async (bench) => {
      const task = await bench.task();
      for (const path of ['', `/${task.id}`, `/${task.id}/events`]) {
        const answer = await bench.ask(path, 'alice', { method });
        expect(answer.status).toBe(405);
        expect(answer.headers.allow).toBe('GET');
        if (method === 'HEAD') expect(answer.body).toBe('');
      }
    });
  }

  it('answers 405 to a POST with a body of any kind on the task routes', async (bench) => {
    const bodies = [
      ['Content-Type: application/json', '{"broken'],
      ['Content-Type: application/octet-stream', 'x'.repeat(5_000)],
    ] as const;
    for (const [header, body] of bodies)
      expect((await bench.ask('', 'alice', { method: 'POST', headers: [header], body })).status).toBe(405);
  });
}
