import { randomBytes, randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { apidot } from '@tasklatch/apidot';
import { createTasklatch, isTasklatchError, type LedgerEntry, type Tasklatch } from '@tasklatch/core';
import { expressCallbacks, expressTasks } from '@tasklatch/express';
import { type SqliteTx, sqliteStore } from '@tasklatch/sqlite';
import express, { type ErrorRequestHandler } from 'express';
import { type EmulatorProcess, emulatorProcess } from './emulator-process.js';
import { type Family, families, faultsFor, requestFor, type Switch, switches } from './wishes.js';

export interface Demo {
  readonly url: string;
  readonly latch: Tasklatch<SqliteTx>;
  readonly emulator: EmulatorProcess;
  /** How often the effect of each task ran in this process. */
  readonly ran: ReadonlyMap<string, number>;
  wish(prompt: string, family: Family, on: ReadonlySet<Switch>, marker?: string): Promise<string>;
  stop(): Promise<void>;
}

export interface DemoOptions {
  /** Where the database and the secret lie. Kept over restarts, so that tasks go on after a kill -9. */
  readonly folder: string;
  readonly port: number;
}

const OWNER = 'you';

/** The emulator, a latch on a SQLite file, and an Express app that serves the page: as in a real app, only smaller. */
export async function startDemo({ folder, port }: DemoOptions): Promise<Demo> {
  mkdirSync(folder, { recursive: true });
  const known = readState(folder);
  const emulator = await emulatorProcess(known.emulator);

  const app = express();
  const server = await new Promise<ReturnType<typeof app.listen>>((resolve, reject) => {
    const listening = app.listen(known.port ?? port, '127.0.0.1', (error?: Error) =>
      error === undefined ? resolve(listening) : reject(error),
    );
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    throw new Error(
      `Port ${known.port ?? port} is in use. Is the demo running already? Else: npm run demo -- --port 0 --fresh`,
    );
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  writeState(folder, {
    emulator: { url: emulator.url, pid: emulator.pid },
    port: (server.address() as AddressInfo).port,
    secret: known.secret,
  });

  const latch = createTasklatch({
    store: sqliteStore({ file: join(folder, 'demo.sqlite') }),
    providers: [apidot({ apiKey: emulator.apiKey, baseUrl: emulator.url })],
    callbacks: { baseUrl: `${url}/callbacks`, secret: known.secret },
    // Short, so that you see it run, and a lost callback made good, while you watch. Leave the defaults in an app.
    checks: { firstWithCallbackMs: 1_200, factor: 1.3, capMs: 10_000 },
  });

  const ran = new Map<string, number>();
  latch.onSettled(async (task, { effectKey, tx }) => {
    // Commits together with the end of the effect: a kill -9 in between undoes both.
    const db = await tx.begin();
    db.exec('create table if not exists gallery (task_id text, effect_key text)');
    db.prepare('insert into gallery (task_id, effect_key) values (?, ?)').run(task.id, effectKey);
    ran.set(task.id, (ran.get(task.id) ?? 0) + 1);
  });

  async function wish(
    prompt: string,
    family: Family,
    on: ReadonlySet<Switch>,
    marker: string = randomUUID(),
  ): Promise<string> {
    if (on.size > 0) await emulator.script(marker, faultsFor(on));
    const task = await latch.submit({
      provider: 'apidot',
      ...requestFor(family, prompt, marker),
      owner: OWNER,
      key: marker,
    });
    return task.id;
  }

  app.use('/callbacks', expressCallbacks(latch));
  app.use(
    '/tasks',
    expressTasks(latch, {
      owner: () => OWNER,
      expose: (task) => ({ result: task.result?.files ?? [], next: task.nextCheckAt }),
    }),
  );
  app.use(express.json());
  app.post('/wishes', async (request, response) => {
    const { family, on = [], prompt } = request.body as { family?: Family; on?: Switch[]; prompt?: string };
    const chosen = families.find((one) => one === family);
    if (chosen === undefined || typeof prompt !== 'string' || prompt.trim() === '' || prompt.length > 500) {
      return void response.status(400).json({ error: 'Say what you wish for, and pick a family.' });
    }
    response
      .status(202)
      .json({ id: await wish(prompt, chosen, new Set(switches.filter((name) => on.includes(name)))) });
  });
  app.get('/ledgers/:id', async (request, response) => {
    const task = await latch.get({ id: request.params.id }, OWNER);
    if (task === undefined) return void response.status(404).json({ error: 'not_found' });
    const { effects, entries } = await latch.ledger({ taskId: task.id });
    const report = task.key === null ? undefined : await emulator.task(task.key).catch(() => undefined);
    const refused = (report?.callbacks ?? []).filter(({ status }) => status === 401).length;
    response.json({
      entries: entries.map(shown),
      effects: effects.filter(({ kind }) => kind === 'settled').map(({ runs, state }) => ({ runs, state })),
      refused,
    });
  });
  app.use(express.static(fileURLToPath(new URL('../page', import.meta.url))));
  const onError: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
    const { code, status } = isTasklatchError(error) ? error : { code: 'internal', status: 500 };
    response.status(status).json({ error: code });
  };
  app.use(onError);

  await latch.start();
  return {
    url,
    latch,
    emulator,
    ran,
    wish,
    async stop() {
      server.close();
      await latch.stop({ withinMs: 3_000 });
      server.closeAllConnections();
      emulator.stop();
      writeState(folder, { secret: known.secret });
    },
  };
}

const shown = ({ copies, fact, outcome, seq }: LedgerEntry) => ({
  seq,
  source: fact.source,
  said: fact.providerStatus ?? fact.status,
  outcome,
  copies,
  trust: fact.trust,
});

interface State {
  readonly secret: string;
  readonly emulator?: { readonly url: string; readonly pid: number };
  readonly port?: number;
}

function readState(folder: string): State {
  const file = join(folder, 'state.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as State;
  return { secret: randomBytes(32).toString('base64url') };
}

function writeState(folder: string, state: State): void {
  const file = join(folder, 'state.json');
  writeFileSync(file, JSON.stringify(state));
  chmodSync(file, 0o600);
}
