import { timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import express, { type Request } from 'express';
import { Redis } from 'ioredis';
import { openSqlite } from '../open-sqlite.js';
import { openPool } from '../open-store.js';
import type { Services, StoreName } from '../services.js';
import { listen } from './framework.js';
import type { Receiver } from './receiver.js';
import { PATH, signature } from './webhook.js';

interface ByHand {
  open(externalIds: readonly string[]): Promise<unknown> | unknown;
  /** False when this message came before. */
  isNew(messageId: string): Promise<boolean> | boolean;
  settle(externalId: string, result: string): Promise<unknown> | unknown;
}

/**
 * The handler that people write: `express.json()`, the signature, an insert that does nothing for a message seen before, an update. It
 * keeps no ledger and makes no effect due, and what happens between its two statements is lost with the process.
 */
export async function serveByHand(store: StoreName, services: Services, space: string): Promise<Receiver> {
  const { isNew, open, settle } = await BY_HAND[store](services, space);
  let settled = 0;
  const app = express();
  app.use(
    express.json({
      verify: (request: Request & { exactBody?: Buffer }, _response, bytes) => {
        request.exactBody = bytes;
      },
    }),
  );
  app.post(PATH, async (request: Request & { exactBody?: Buffer }, response) => {
    const [id = '', timestamp = '', given = ''] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
      request.get(name),
    );
    const wanted = Buffer.from(`v1,${signature(id, timestamp, request.exactBody ?? '')}`);
    const late = Math.abs(Date.now() / 1000 - Number(timestamp)) > 300;
    if (late || wanted.length !== Buffer.byteLength(given) || !timingSafeEqual(wanted, Buffer.from(given))) {
      response.sendStatus(401);
      return;
    }
    if (await isNew(id)) {
      await settle(request.body.data.id, JSON.stringify(request.body.data.output));
      settled += 1;
    }
    response.json({ ok: true });
  });
  return { port: await listen(app), open: async (ids) => void (await open(ids)), settled: () => settled };
}

const BY_HAND: Record<StoreName, (services: Services, space: string) => Promise<ByHand>> = {
  async memory() {
    const messages = new Set<string>();
    const tasks = new Map<string, { status: string; result: string | null }>();
    return {
      open: (ids) => ids.forEach((id) => void tasks.set(id, { status: 'pending', result: null })),
      isNew: (id) => !messages.has(id) && messages.add(id).has(id),
      settle: (id, result) => tasks.set(id, { status: 'succeeded', result }),
    };
  },
  async sqlite({ folder }, space) {
    const db = openSqlite(join(folder, `${space}.db`));
    db.exec('CREATE TABLE message (id TEXT PRIMARY KEY) WITHOUT ROWID');
    db.exec('CREATE TABLE task (id TEXT PRIMARY KEY, status TEXT NOT NULL, result TEXT) WITHOUT ROWID');
    const make = db.prepare("INSERT INTO task SELECT value, 'pending', NULL FROM json_each(?)");
    const insert = db.prepare('INSERT INTO message (id) VALUES (?) ON CONFLICT DO NOTHING RETURNING id');
    const update = db.prepare("UPDATE task SET status = 'succeeded', result = ? WHERE id = ?");
    return {
      open: (ids) => make.run(JSON.stringify(ids)),
      isNew: (id) => insert.all(id).length === 1,
      settle: (id, result) => update.run(result, id),
    };
  },
  async postgres({ databaseUrl }, space) {
    const pool = openPool(databaseUrl);
    await pool.query(`
      CREATE SCHEMA ${space};
      CREATE TABLE ${space}.message (id text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());
      CREATE TABLE ${space}.task (id text PRIMARY KEY, status text NOT NULL, result jsonb)`);
    const insert = `INSERT INTO ${space}.message (id) VALUES ($1) ON CONFLICT DO NOTHING`;
    const update = `UPDATE ${space}.task SET status = 'succeeded', result = $1 WHERE id = $2`;
    return {
      open: (ids) => pool.query(`INSERT INTO ${space}.task SELECT unnest($1::text[]), 'pending'`, [ids]),
      isNew: async (id) => (await pool.query(insert, [id])).rowCount === 1,
      settle: (id, result) => pool.query(update, [result, id]),
    };
  },
  async redis({ redisUrl }, space) {
    const redis = new Redis(redisUrl);
    return {
      open: (ids) => Promise.all(ids.map((id) => redis.hset(`${space}:task:${id}`, 'status', 'pending'))),
      isNew: async (id) => (await redis.set(`${space}:message:${id}`, '1', 'EX', 86_400, 'NX')) === 'OK',
      settle: (id, result) => redis.hset(`${space}:task:${id}`, { status: 'succeeded', result }),
    };
  },
};
