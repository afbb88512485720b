import { apidot } from '@tasklatch/apidot';
import { createTasklatch, isTasklatchError, memoryStore } from '@tasklatch/core';
import { expressCallbacks, expressTasks } from '@tasklatch/express';
import express, { type ErrorRequestHandler, type Request } from 'express';

const { APIDOT_API_KEY, APIDOT_BASE_URL = 'https://api.apidot.ai', PORT = '3000', TASKLATCH_SECRET = '' } = process.env;
// As APIDot reaches this app. On your own machine callbacks can't arrive, and checks do the work.
const { PUBLIC_URL = `http://127.0.0.1:${PORT}` } = process.env;

const latch = createTasklatch({
  // Forgets everything when the process ends. For more, see with-koa (SQLite), with-fastify-redis, with-nestjs-postgres.
  store: memoryStore(),
  providers: [apidot({ apiKey: APIDOT_API_KEY, baseUrl: APIDOT_BASE_URL })],
  callbacks: { baseUrl: `${PUBLIC_URL}/callbacks`, secret: TASKLATCH_SECRET },
  logger: { warn: (_fields, message) => console.warn(message), error: (_fields, message) => console.error(message) },
});

// Runs once for each picture: the place to save it, to charge for it, to send a mail.
latch.onSettled(async (task) => {
  console.log(`${task.id} ${task.status}`);
});

// Stands for your sign-in.
const userOf = (request: Request): string | undefined => request.get('x-user');

const app = express();
app.use('/callbacks', expressCallbacks(latch));
app.use(express.json());
app.use('/tasks', expressTasks(latch, { owner: userOf, expose: (task) => ({ results: task.result?.files ?? [] }) }));

app.post('/pictures', async (request, response) => {
  const owner = userOf(request);
  const key = request.get('idempotency-key');
  if (owner === undefined || key === undefined) {
    response.status(400).json({ error: 'x-user and idempotency-key are missing' });
    return;
  }
  // The same key is the same task, however often the browser sends it.
  const prompt = String(request.body?.prompt ?? '');
  const task = await latch.submit({ provider: 'apidot', model: 'gpt-image-2', input: { prompt }, owner, key });
  response.status(202).location(`/tasks/${task.id}`).json({ id: task.id, status: task.status });
});

const errors: ErrorRequestHandler = (error, _request, response, next) => {
  if (response.headersSent) next(error);
  else if (isTasklatchError(error)) response.status(error.status).json({ error: error.code });
  else response.status(500).json({ error: 'internal' });
};
app.use(errors);

const server = app.listen(Number(PORT), () => console.log(`Pictures at http://127.0.0.1:${PORT}`));
await latch.start();

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, async () => {
    // Deliveries in flight are answered, effects end, streams close; then nothing is left to wait for.
    await latch.stop();
    server.close(() => process.exit(0));
  });
