import { execFile } from 'node:child_process';
import { expect, it } from 'vitest';

/** Runs a program that has a latch and nothing else to live for; answers with what it printed before it ended by itself. */
const run = (program: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const core = JSON.stringify(new URL('../index.ts', import.meta.url).href);
    const source = `
      import { createTasklatch, memoryStore } from ${core};
      const provider = { name: 'slow', submit: () => new Promise(() => undefined) };
      const latch = createTasklatch({ store: memoryStore(), providers: [provider], submit: { timeoutMs: 300 } });
      const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms).unref());
      ${program}`;
    const args = ['--import', 'tsx', '--input-type=module', '--eval', source];
    execFile(process.execPath, args, { timeout: 25_000 }, (error, stdout, stderr) =>
      error ? reject(new Error(`${stdout}${stderr}`, { cause: error })) : resolve(stdout),
    );
  });

it('a process lives as long as its worker, and ends by itself after the stop', async () => {
  const program =
    'await latch.start(); await latch.start(); await later(300); await latch.stop(); console.log("over");';
  expect(await run(program)).toBe('over\n');
}, 30_000);

it('a process lives while it waits: for a submit, for a task, for a stop', async () => {
  const program = `
    const task = await latch.submit({ provider: 'slow', input: {} });
    const waited = await latch.wait(task.id, 300);
    await latch.stop();
    console.log(task.status, waited.status);`;
  expect(await run(program)).toBe('unclear unclear\n');
}, 30_000);

it('a latch that does nothing keeps no process alive', async () => {
  expect(await run('console.log("over");')).toBe('over\n');
}, 30_000);
