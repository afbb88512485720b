import { randomUUID } from 'node:crypto';
import { env } from 'node:process';
import { apidot } from '@tasklatch/apidot';
import { createTasklatch, memoryStore } from '@tasklatch/core';
import { expressCallbacks, expressTasks } from '@tasklatch/express';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import session from 'express-session';

declare module 'express-session' {
  interface SessionData {
    user: string;
  }
}

interface Order {
  readonly id: string;
  readonly user: string;
  readonly text: string;
  picture: string | null;
}

const { PORT = '3000', SESSION_SECRET = 'only for this example' } = env;
const orders = new Map<string, Order>();

function setPicture(id: string | null, url: string | undefined): void {
  const order = orders.get(id ?? '');
  if (order !== undefined && url !== undefined) order.picture = url;
}
const latch = createTasklatch({
  store: memoryStore(),
  providers: [apidot({ apiKey: env.APIDOT_API_KEY, baseUrl: env.APIDOT_BASE_URL ?? 'https://api.apidot.ai' })],
  callbacks: { baseUrl: `${env.PUBLIC_URL}/callbacks`, secret: env.TASKLATCH_SECRET ?? '' },
});
latch.onSettled(async (task) => setPicture(task.key, task.result?.files[0]?.url));

const app = express();
app.use(express.json({ limit: '200kb' }));
app.use(express.urlencoded({ extended: true }));
app.use(session({ secret: SESSION_SECRET, resave: false, saveUninitialized: false }));

app.post('/login', (request, response) => {
  request.session.user = String(request.body.user);
  response.json({ user: request.session.user });
});

const signedIn: RequestHandler = (request, response, next) => {
  if (request.session.user === undefined) response.status(401).json({ error: 'not signed in' });
  else next();
};

app.use('/callbacks', expressCallbacks(latch));
app.use('/tasks', signedIn, expressTasks(latch, { owner: (request) => request.session.user }));
app.post('/orders', signedIn, async (request, response) => {
  const id = randomUUID();
  const user = request.session.user ?? '';
  const text = String(request.body.text);
  orders.set(id, { id, user, text, picture: null });
  await latch.submit({ provider: 'apidot', model: 'gpt-image-2', input: { prompt: text }, owner: user, key: id });
  response.status(201).json(orders.get(id));
});

// Somebody draws the pictures by hand, and puts them here.
app.put('/orders/:id/picture', signedIn, (request, response) => {
  setPicture(String(request.params.id), String(request.body.url));
  response.status(204).end();
});

app.get('/orders/:id', signedIn, (request, response) => {
  const order = orders.get(String(request.params.id));
  if (order === undefined || order.user !== request.session.user) response.status(404).json({ error: 'no such order' });
  else response.json(order);
});

app.get('/broken', () => {
  throw new Error('something the app does wrong');
});

const errors: ErrorRequestHandler = (error, _request, response, next) => {
  if (response.headersSent) next(error);
  else response.status(error.status ?? 500).json({ error: 'the shop is out of order' });
};
app.use(errors);

const server = app.listen(Number(PORT), () => console.log(`The shop at http://127.0.0.1:${PORT}`));
await latch.start();
process.once('SIGTERM', () => latch.stop());
process.once('SIGTERM', () => server.close(() => process.exit(0)));
