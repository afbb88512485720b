import Router from '@koa/router';
import { apidot } from '@tasklatch/apidot';
import { createTasklatch, isTasklatchError } from '@tasklatch/core';
import { koaCallbacks, koaTasks } from '@tasklatch/koa';
import { sqliteStore } from '@tasklatch/sqlite';
import Koa, { type Context } from 'koa';
import bodyParser from 'koa-bodyparser';

const { APIDOT_API_KEY, APIDOT_BASE_URL = 'https://api.apidot.ai', PORT = '3000', TASKLATCH_SECRET = '' } = process.env;
// As APIDot reaches this app. On your own machine callbacks can't arrive, and checks do the work.
const { PUBLIC_URL = `http://127.0.0.1:${PORT}`, TASKS_FILE = 'tasks.db' } = process.env;

const latch = createTasklatch({
  // One file, no server, and nothing is lost when the process is killed.
  store: sqliteStore({ file: TASKS_FILE }),
  providers: [apidot({ apiKey: APIDOT_API_KEY, baseUrl: APIDOT_BASE_URL })],
  callbacks: { baseUrl: `${PUBLIC_URL}/callbacks`, secret: TASKLATCH_SECRET },
});

latch.onSettled(async (task, { tx }) => {
  // In the same file and the same transaction that marks this effect done: the row is there exactly once.
  const db = await tx.begin();
  db.exec('create table if not exists pictures (task_id text primary key, status text not null)');
  db.prepare('insert into pictures (task_id, status) values (?, ?)').run(task.id, task.status);
});

// Stands for your sign-in.
const userOf = (ctx: Context): string | undefined => ctx.get('x-user') || undefined;

const app = new Koa();
app.use(async (ctx, next) => {
  try {
    await next();
  } catch (error) {
    ctx.status = isTasklatchError(error) ? error.status : 500;
    ctx.body = { error: isTasklatchError(error) ? error.code : 'internal' };
  }
});
app.use(koaCallbacks(latch, { prefix: '/callbacks' }));
app.use(bodyParser());
app.use(
  koaTasks(latch, { prefix: '/tasks', owner: userOf, expose: (task) => ({ results: task.result?.files ?? [] }) }),
);

const router = new Router();
router.post('/pictures', async (ctx) => {
  const owner = userOf(ctx);
  const { key, prompt } = asked(ctx.request.body);
  if (owner === undefined) {
    ctx.status = 401;
    return;
  }
  // The same key is the same task, however often the browser sends it.
  const task = await latch.submit({ provider: 'apidot', model: 'gpt-image-2', input: { prompt }, owner, key });
  ctx.status = 202;
  ctx.set('location', `/tasks/${task.id}`);
  ctx.body = { id: task.id, status: task.status };
});
app.use(router.routes());

function asked(body: unknown): { key: string; prompt: string } {
  const { key = '', prompt = '' } = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  return { key: String(key), prompt: String(prompt) };
}

const server = app.listen(Number(PORT), () => console.log(`Pictures at http://127.0.0.1:${PORT}`));
await latch.start();

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, async () => {
    // Deliveries in flight are answered, effects end, streams close; then nothing is left to wait for.
    await latch.stop();
    server.close(() => process.exit(0));
  });
