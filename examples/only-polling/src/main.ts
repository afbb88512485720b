import { apidot } from '@tasklatch/apidot';
import { createTasklatch } from '@tasklatch/core';
import { sqliteStore } from '@tasklatch/sqlite';

const { APIDOT_API_KEY, APIDOT_BASE_URL = 'https://api.apidot.ai', TASKS_FILE = 'tasks.db' } = process.env;
const [key = 'boat', prompt = 'a paper boat on a canal'] = process.argv.slice(2);

// No `callbacks`: no URL is sent along, and checks do all the work.
const latch = createTasklatch({
  store: sqliteStore({ file: TASKS_FILE }),
  providers: [apidot({ apiKey: APIDOT_API_KEY, baseUrl: APIDOT_BASE_URL })],
  // Somebody is looking at the terminal: ask sooner than every 10 s.
  checks: { firstWithoutCallbackMs: 2_000 },
});
await latch.start();

// One key is one picture: stopped in the middle and started again, the script goes on with the task it has, and pays once.
const { id } = await latch.submit({ provider: 'apidot', model: 'gpt-image-2', input: { prompt }, key });
const task = await latch.wait(id, 10 * 60_000);
console.log(task?.status);
for (const { url } of task?.result?.files ?? []) console.log(url);
if (task?.error) console.error(task.error.code, task.error.message ?? '');
await latch.stop();
process.exitCode = task?.status === 'succeeded' ? 0 : 1;
