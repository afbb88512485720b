import type { AdapterSuite } from './adapter-suite.js';
import { openStream } from './event-stream.js';
import type { RawAnswer } from './raw-http.js';

/** What the app's own functions throw ends where the app handles its errors, and nowhere else. */
export function errorCases({ expect, it }: AdapterSuite): void {
  const handledByApp = (answer: RawAnswer, message: string): void => {
    expect(answer.status).toBe(500);
    expect(answer.headers['x-app-error']).toBe(message);
    expect(answer.body).toBe("the app's own error page");
  };

  it("brings an error of `owner` to the app's error handling", async (bench) => {
    const task = await bench.task();
    for (const path of ['', `/${task.id}`, `/${task.id}/events`])
      handledByApp(await bench.ask(path, 'boom'), 'the owner function failed');
  });

  it("brings an error of `expose` to the app's error handling", {
    tasks: {
      expose: () => {
        throw new Error('the expose function failed');
      },
    },
  }, async (bench) => {
    const task = await bench.task();
    handledByApp(await bench.ask(`/${task.id}`, 'alice'), 'the expose function failed');
    handledByApp(await bench.ask('', 'alice'), 'the expose function failed');
  });

  let shown = 0;
  it('ends a stream in whose middle `expose` throws, and serves on', {
    tasks: {
      expose: () => {
        shown += 1;
        if (shown > 1) throw new Error('the expose function failed');
        return {};
      },
    },
  }, async (bench) => {
    shown = 0;
    const task = await bench.task();
    const stream = await openStream(`${bench.url}/tasks/${task.id}/events`, { 'x-user': 'alice' });
    expect(stream.status).toBe(200);
    expect((await stream.next()).data.status).toBe('pending');
    await bench.deliver(task);
    await stream.ended();
    expect((await bench.ask(`/${task.id}`)).status).toBe(401);
  });

  it('answers a crowd of failing requests one by one, and each of them', async (bench) => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => bench.ask('', 'boom')));
    expect(answers.filter(({ status }) => status === 500).length).toBe(20);
    expect((await bench.ask('', 'alice')).status).toBe(200);
  });
}
