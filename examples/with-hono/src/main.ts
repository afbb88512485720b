import { serve } from '@hono/node-server';
import { makeApp } from './app.js';

// On Vercel, Cloudflare or Deno this file is one line: export default makeApp(env).
const { PORT = '3000', PUBLIC_URL = `http://127.0.0.1:${PORT}` } = process.env;
const server = serve({ fetch: makeApp({ ...process.env, PUBLIC_URL }).fetch, port: Number(PORT) }, ({ port }) =>
  console.log(`Pictures at http://127.0.0.1:${port}`),
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.close(() => process.exit(0)));
