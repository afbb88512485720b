import { DONE } from './adapter-bench.js';
import type { AdapterSuite } from './adapter-suite.js';
import { rawRequest } from './raw-http.js';

/** Who is answered what: the tables of callbacks and of task routes. */
export function answerCases({ expect, it }: AdapterSuite): void {
  it('takes a delivery in: 200, small JSON without data of the task, and the task is settled', async (bench) => {
    const task = await bench.task();
    const answer = await bench.deliver(task, DONE);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']?.split(';')[0]).toBe('application/json');
    expect(JSON.parse(answer.body)).toEqual({ ok: true });
    expect((await bench.read(task))?.status).toBe('succeeded');
    expect((await bench.deliver(task, DONE)).status).toBe(200);
  });

  it('answers 401 to a wrong signature and to a wrong token, and stores nothing', async (bench) => {
    const task = await bench.task();
    const path = bench.path(task);
    const forged = await rawRequest(bench.url, { path, headers: ['X-Signature: 00'], body: JSON.stringify(DONE) });
    const badToken = await rawRequest(bench.url, { path: `${path.slice(0, -4)}AAAA`, body: JSON.stringify(DONE) });
    const noToken = await rawRequest(bench.url, {
      path: `/callbacks/${bench.plain.name}`,
      body: JSON.stringify(DONE),
    });
    expect([forged.status, badToken.status, noToken.status]).toEqual([401, 401, 401]);
    expect((await bench.read(task))?.status).toBe('pending');
    expect((await bench.store.ledger({ quarantine: {} })).entries.length).toBe(0);
  });

  it('answers 404 to an unknown provider and to the bare mount path', async (bench) => {
    const paths = ['/callbacks/nobody/token', '/callbacks/nobody', '/callbacks', '/callbacks/'];
    const answers = await Promise.all(paths.map((path) => rawRequest(bench.url, { path, body: '{}' })));
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
  });

  it('answers 503 with Retry-After while the store fails, and 2xx only when it has committed', async (bench) => {
    const task = await bench.task();
    bench.outage.begin();
    const failed = await bench.deliver(task);
    expect(failed.status).toBe(503);
    expect(Number(failed.headers['retry-after']) > 0).toBe(true);
    bench.outage.end();
    expect((await bench.read(task))?.status).toBe('pending');
    expect((await bench.deliver(task)).status).toBe(200);
    expect((await bench.read(task))?.status).toBe('succeeded');
  });

  it('says nothing before the store has committed', async (bench) => {
    const task = await bench.task();
    bench.outage.hold();
    let answered = false;
    const delivery = bench.deliver(task).then((answer) => {
      answered = true;
      return answer;
    });
    await bench.until('the delivery waits for the store', () => bench.outage.waiting > 0);
    await bench.rest(100);
    expect(answered).toBe(false);
    bench.outage.end();
    expect((await delivery).status).toBe(200);
    expect((await bench.read(task))?.status).toBe('succeeded');
  });

  it('keeps what it cannot read, and answers 200', async (bench) => {
    const task = await bench.task();
    expect((await bench.deliver(task, 'this is no JSON')).status).toBe(200);
    expect((await bench.read(task))?.status).toBe('pending');
    expect((await bench.store.ledger({ quarantine: {} })).entries.length).toBe(1);
  });

  it('shows a task to its owner only: 401 to nobody, 404 to another, without the input', async (bench) => {
    const task = await bench.task('signed', 'alice');
    const [own, another, nobody, unknown] = await Promise.all([
      bench.ask(`/${task.id}`, 'alice'),
      bench.ask(`/${task.id}`, 'bob'),
      bench.ask(`/${task.id}`),
      bench.ask('/task_unknown', 'alice'),
    ]);
    expect([own.status, another.status, nobody.status, unknown.status]).toEqual([200, 404, 401, 404]);
    expect(another.body).toBe(unknown.body);
    expect(JSON.parse(own.body)).toMatchObject({ id: task.id, status: 'pending' });
    expect(own.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(own.headers['cache-control']).toBe('no-store');
    expect('input' in JSON.parse(own.body)).toBe(false);
  });

  it('answers 503 with Retry-After on the task routes while the store fails', async (bench) => {
    const task = await bench.task();
    bench.outage.begin();
    for (const path of ['', `/${task.id}`, `/${task.id}/events`]) {
      const answer = await bench.ask(path, 'alice');
      expect(answer.status).toBe(503);
      expect(Number(answer.headers['retry-after']) > 0).toBe(true);
    }
    bench.outage.end();
    expect((await bench.ask(`/${task.id}`, 'alice')).status).toBe(200);
  });

  it("lists one's own tasks, page by page, and by status", async (bench) => {
    const own = [await bench.task(), await bench.task(), await bench.task()];
    await bench.task('signed', 'bob');
    const [first] = own;
    if (first !== undefined) await bench.deliver(first);
    const read = async (query: string): Promise<{ tasks: { id: string }[]; next: string | null }> =>
      JSON.parse((await bench.ask(query, 'alice')).body);
    const all = await read('');
    expect(all.tasks.map(({ id }) => id).sort()).toEqual(own.map(({ id }) => id).sort());
    const page = await read('?limit=2');
    expect(page.tasks.length).toBe(2);
    const rest = await read(`?limit=2&cursor=${encodeURIComponent(page.next ?? '')}`);
    expect([...page.tasks, ...rest.tasks].map(({ id }) => id)).toEqual(all.tasks.map(({ id }) => id));
    expect((await read('?status=succeeded')).tasks.map(({ id }) => id)).toEqual([first?.id]);
    const wrong = await Promise.all(['?limit=0', '?limit=x', '?status=odd'].map((query) => bench.ask(query, 'alice')));
    expect(wrong.map(({ status }) => status)).toEqual([400, 400, 400]);
  });

  it('answers 404 below the task routes where there is nothing', async (bench) => {
    const task = await bench.task();
    const answers = await Promise.all(
      [`/${task.id}/nothing`, `/${task.id}/events/more`].map((path) => bench.ask(path, 'alice')),
    );
    expect(answers.map(({ status }) => status)).toEqual([404, 404]);
  });
}
