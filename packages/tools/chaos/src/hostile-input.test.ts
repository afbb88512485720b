import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { apidot } from '@tasklatch/apidot';
import { createTasklatch, type Fact, memoryStore, type Task, type Tasklatch, toNodeListener } from '@tasklatch/core';
import { aRequest } from '@tasklatch/testing';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';

const SECRET = 'a secret for hostile tests, 32 characters or more';
const BASE = 'https://app.example.com/callbacks';

function app(more: { limitBytes?: number; bodyTimeoutMs?: number } = {}) {
  const recorded: Fact[] = [];
  const inner = memoryStore();
  const store: typeof inner = {
    ...inner,
    record(facts) {
      recorded.push(...facts);
      return inner.record(facts);
    },
  };
  let made = 0;
  const fetch = async (): Promise<Response> =>
    new Response(JSON.stringify({ code: 200, data: { task_id: `ext-${++made}`, status: 'not_started' } }));
  const latch = createTasklatch({
    store,
    providers: [apidot({ apiKey: 'sk-test' })],
    callbacks: { baseUrl: BASE, secret: SECRET, ...more },
    fetch,
  });
  const submit = (): Promise<Task> =>
    latch.submit({ provider: 'apidot', model: 'z-image', input: { prompt: 'a boat' } });
  const path = (task: Task): string => (latch.callbackUrl('apidot', task.id) ?? '').slice(BASE.length);
  return { latch, store, recorded, submit, path };
}

const text = (answer: { body: unknown }): string => (typeof answer.body === 'string' ? answer.body : 'a stream');

describe('hostile input to the callback handler', () => {
  it('whatever comes is answered, briefly, without a trace of what happened inside', async () => {
    const { latch, path, submit } = app();
    const task = await submit();
    const anyPath = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.array(fc.string(), { maxLength: 6 }).map((parts) => `/${parts.join('/')}`),
      fc.constantFrom(
        '',
        '/',
        '//',
        '/apidot',
        '/apidot/',
        '/apidot//',
        `${path(task)}/`,
        `${path(task)}?a=b`,
        `${path(task)}/../x`,
        '/__proto__/x',
        '/constructor',
        '/apidot/%2e%2e',
        `/apidot/${'a'.repeat(100_000)}`,
      ),
      fc.constant(path(task)),
    );
    const anyBody = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))),
      fc.string().map((value) => Buffer.from(value)),
    );
    const anyHeaders = fc.dictionary(fc.string(), fc.string({ unit: 'binary' }), { maxKeys: 5 });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('POST', 'POST', 'POST', 'GET', 'PUT', 'DELETE', 'post', '', 'PRI'),
        anyPath,
        anyBody,
        anyHeaders,
        async (method, where, body, headers) => {
          const answer = await latch.callbacks(aRequest({ method, path: where, body, headers }));
          expect([200, 401, 404, 405]).toContain(answer.status);
          expect(text(answer).length).toBeLessThan(80);
          expect(text(answer)).not.toMatch(/at |Error|\/|node:/);
        },
      ),
      { numRuns: 3_000 },
    );
    expect((await latch.get({ id: task.id }))?.status).toBe('pending');
  });

  it('bodies made to break parsers are kept or ignored, and break nothing', async () => {
    const { latch, path, submit } = app();
    const task = await submit();
    const done = (id: string): string =>
      JSON.stringify({
        task_id: id,
        status: 'finished',
        files: [{ file_url: 'https://x.example.com/a.png', file_type: 'image' }],
      });
    const bodies: (string | Uint8Array)[] = [
      '['.repeat(500_000),
      `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`,
      `{"task_id":"${'9'.repeat(1_000_000)}","status":"finished"}`,
      `[${'{},'.repeat(200_000)}{}]`,
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"task_id":"x","status":"finished"}',
      '{"data":{"__proto__":{"status":"finished","task_id":"x"}}}',
      '{"task_id":"a","task_id":"b","status":"finished","status":"failed"}',
      '{"task_id":1e999,"status":"finished"}',
      `{"task_id":${'1'.repeat(400)},"status":{}}`,
      done('../../etc/passwd'),
      done('a/b/c'),
      done('\u0000'),
      done('x\u0000y'),
      done('х'.repeat(10_000)),
      done('\ud800'),
      done('ехt-1'),
      done('ext-1\u200b'),
      done("'; drop table tasks; --"),
      Buffer.from([0xff, 0xfe, 0x00, 0x01]),
      Buffer.from('\ufeff{"task_id":"ext-1","status":"running"}'),
      '',
      'null',
      'true',
      '"finished"',
    ];
    for (const body of bodies) {
      const began = Date.now();
      const answer = await latch.callbacks(aRequest({ path: path(task), body }));
      expect(answer.status).toBe(200);
      expect(Date.now() - began).toBeLessThan(5_000);
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(await latch.get({ id: task.id })).toMatchObject({ status: 'pending', externalId: 'ext-1', result: null });
    const { entries } = await latch.ledger({ quarantine: {} });
    expect(entries.length).toBeGreaterThan(8);
    // What cannot be an id is in the quarantine, not in an index.
    const { entries: written } = await latch.ledger({ taskId: task.id });
    for (const { fact } of written) expect(Buffer.byteLength(fact.externalId ?? '')).toBeLessThanOrEqual(512);
  });

  it('100,000 forged requests store nothing and leave the memory as it was', async () => {
    const { latch, path, recorded, submit } = app();
    const tasks = await Promise.all(Array.from({ length: 20 }, submit));
    const before = recorded.length;
    const body = Buffer.from(
      JSON.stringify({ task_id: 'ext-1', status: 'finished', files: [], filler: 'x'.repeat(1_000) }),
    );
    const forge = async (index: number): Promise<number> => {
      const real = path(tasks[index % tasks.length] ?? (tasks[0] as Task));
      const at = real.length - 1 - (index % 30);
      const forged = real.slice(0, at) + (real[at] === 'A' ? 'B' : 'A') + real.slice(at + 1);
      return (await latch.callbacks(aRequest({ path: forged, body }))).status;
    };
    const flood = async (from: number, count: number): Promise<void> => {
      for (let done = 0; done < count; done += 500) {
        const statuses = await Promise.all(Array.from({ length: 500 }, (_, index) => forge(from + done + index)));
        expect(new Set(statuses)).toEqual(new Set([401]));
      }
    };
    const used = heap();
    await flood(0, 20_000);
    const warm = used();
    await flood(20_000, 80_000);
    expect((used() - warm) / 1024 / 1024).toBeLessThan(8);
    expect(recorded.length).toBe(before);
    expect((await latch.ledger({ quarantine: {} })).entries).toEqual([]);
  }, 120_000);
});

/** Bytes in use after a collection. */
function heap(): () => number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  return () => {
    if (typeof collect === 'function') collect();
    return process.memoryUsage().heapUsed;
  };
}

describe('hostile connections', () => {
  const servers: Server[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  });
  async function serve(latch: Tasklatch): Promise<number> {
    const server = createServer(toNodeListener(latch.callbacks, '/callbacks')).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }
  async function talk(port: number, send: (write: (data: string) => void) => void): Promise<string> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    let said = '';
    socket.on('data', (chunk) => {
      said += String(chunk);
    });
    socket.on('error', () => undefined);
    send((data) => {
      if (!socket.destroyed) socket.write(data);
    });
    await new Promise((resolve) => {
      socket.once('close', resolve);
      setTimeout(resolve, 8_000);
    });
    socket.destroy();
    return said;
  }

  it('a body that comes drop by drop is given up after its time with 408', async () => {
    const { latch, path, recorded, submit } = app({ bodyTimeoutMs: 300 });
    const task = await submit();
    const before = recorded.length;
    const port = await serve(latch);
    const said = await talk(port, (write) => {
      write(`POST /callbacks${path(task)} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{`);
      const drip = setInterval(() => write(' '), 50);
      setTimeout(() => clearInterval(drip), 3_000);
    });
    expect(said).toMatch(/^HTTP\/1\.1 408 /);
    expect(recorded.length).toBe(before);
  }, 20_000);

  it('a body over the limit is refused before it is sent, and one that hides its length when it passes the limit', async () => {
    const { latch, path, submit } = app({ limitBytes: 10_000 });
    const task = await submit();
    const port = await serve(latch);
    const head = `POST /callbacks${path(task)} HTTP/1.1\r\nhost: x\r\n`;
    expect(await talk(port, (write) => write(`${head}content-length: 4000000000\r\n\r\n`))).toMatch(/^HTTP\/1\.1 413 /);
    const chunk = `2710\r\n${'x'.repeat(10_000)}\r\n`;
    expect(
      await talk(port, (write) => {
        for (let sent = 0; sent < 20; sent++)
          write(sent === 0 ? `${head}transfer-encoding: chunked\r\n\r\n${chunk}` : chunk);
      }),
    ).toMatch(/^HTTP\/1\.1 413 /);
  }, 30_000);

  it('headers of ten megabytes, and requests that are none, never reach the handler', async () => {
    const { latch, recorded, submit } = app();
    await submit();
    const before = recorded.length;
    const port = await serve(latch);
    const big = await talk(port, (write) => {
      write('POST /callbacks/apidot/x HTTP/1.1\r\nhost: x\r\n');
      for (let sent = 0; sent < 100; sent++) write(`x-${sent}: ${'y'.repeat(100_000)}\r\n`);
    });
    expect(big === '' || big.startsWith('HTTP/1.1 431 ')).toBe(true);
    const garbage = await talk(port, (write) => write('\u0016\u0003\u0001garbage\r\n\r\n'));
    expect(garbage === '' || garbage.startsWith('HTTP/1.1 400 ')).toBe(true);
    expect(recorded.length).toBe(before);
  }, 30_000);
});
