import { inspect } from 'node:util';
import { isTasklatchError, type Logger } from '@tasklatch/core';
import { aRequest } from '../a-request.js';
import { bench, eventually, freshKey, SECRET, SIGNED } from './bench.js';
import { listening } from './listening.js';
import type { PromiseSuite } from './suite.js';

const EVENTS = [
  'submit',
  'delivery',
  'record',
  'batch',
  'settle',
  'unknownStatus',
  'check',
  'pause',
  'effect',
  'purge',
  'trouble',
];

/** Promise 12: nothing that comes out holds what must stay in. */
export function silenceCases({ expect, it }: PromiseSuite): void {
  it('promise 12, silence: no log line, error, event or answer holds a secret, prompt, owner, URL or word of the provider', async (under) => {
    const mark = `MARK${freshKey().replaceAll('-', '')}`;
    const out: string[] = [];
    const logger: Logger = {
      warn: (...said) => void out.push(inspect(said)),
      error: (...said) => void out.push(inspect(said)),
    };
    const b = bench(under, { logger, effects: { leaseMs: 400, backoffMs: 1, backoffCapMs: 1, maxAttempts: 2 } });
    const keep = (error: unknown): void =>
      void out.push(inspect(error, { depth: 6 }), isTasklatchError(error) ? error.message : '');
    const said = {
      error: { code: 'policy', message: `${mark} words` },
      result: { files: [{ url: `https://files.example.com/${mark}`, kind: 'image' }], data: mark },
    };
    const request = (key: string) => ({
      provider: b.provider.name,
      model: 'm',
      input: { prompt: mark, image_urls: [`https://in.example.com/${mark}`] },
      owner: `${mark}-owner`,
      key,
    });

    const work = async (): Promise<void> => {
      b.latch.onSettled(() => {
        throw new Error(`${mark} thrown by the app`);
      });
      const notSent = { kind: 'notSent', error: { code: 'x', message: mark } } as const;
      b.provider.answerNext(
        { kind: 'refused', error: { code: 'http_400', message: mark } },
        new Error(mark),
        notSent,
        notSent,
        notSent,
      );
      await b.latch.submit(request(`${mark}-1`)).catch(keep);
      await b.latch.submit(request(`${mark}-2`)).catch(keep);
      await b.latch.submit(request(`${mark}-3`)).catch(keep);
      const task = await b.latch.submit(request(`${mark}-4`));
      await b.latch.submit({ ...request(`${mark}-4`), input: mark }).catch(keep);
      await b.latch.start();
      for (const [body, headers] of [
        [mark, SIGNED],
        [{ status: 'running', ...said }, {}],
        [{ status: 'succeeded', ...said }, SIGNED],
        [{ status: 'failed', ...said }, { 'x-signature': mark }],
      ] as const) {
        const answer = await b.latch.callbacks(aRequest({ path: b.path(task), body, headers }));
        out.push(JSON.stringify(answer));
      }
      const bad = await b.latch.callbacks(aRequest({ path: `/${b.provider.name}/${mark}?${mark}`, body: mark }));
      out.push(JSON.stringify(bad));
      await eventually('the effect is dead', async () =>
        (await b.latch.list({ provider: b.provider.name, effect: 'dead' })).items.some(({ id }) => id === task.id),
      );
      const routes = b.latch.tasks({ owner: () => `${mark}-owner` });
      for (const path of [`/${task.id}`, '/', `/${mark}`, `/?cursor=${mark}`]) {
        const { body, headers, status } = await routes(aRequest({ method: 'GET', path }));
        out.push(JSON.stringify([status, headers, body]));
      }
      await b.latch.stop();
    };
    let run = work;
    for (const name of EVENTS) {
      const inner = run;
      run = async () => void out.push(inspect(await listening(name, inner), { depth: 6 }));
    }
    await run();
    const all = out.join('\n');
    expect(all.length > 1_000).toBe(true);
    expect(all.split('\n').filter((line) => line.includes(mark))).toEqual([]);
    expect(all.includes(SECRET)).toBe(false);
  });
}
