import { DONE } from './adapter-bench.js';
import type { AdapterSuite } from './adapter-suite.js';
import { rawConnection, requestBytes } from './raw-http.js';
import { signatureOf } from './recording-provider.js';

const LIMIT = 64 * 1024;
/** Room for what the buffers of both ends hold beside what was read. */
const SLACK = 16 * 1024 * 1024;

/** Clients that send too much, too slowly, go away, or come all at once. */
export function clientCases({ expect, it }: AdapterSuite): void {
  it('takes a body of exactly the limit, and answers 413 to one byte more', { limitBytes: LIMIT }, async (bench) => {
    const task = await bench.task();
    const fits = JSON.stringify(DONE).padEnd(LIMIT, ' ');
    for (const chunked of [false, true]) {
      expect((await bench.deliver(task, fits, { chunked })).status).toBe(200);
      expect((await bench.deliver(task, `${fits} `, { chunked })).status).toBe(413);
    }
    expect(bench.signed.seen.length).toBe(2);
  });

  it('answers 413 to an announced length before the body comes', { limitBytes: LIMIT }, async (bench) => {
    const task = await bench.task();
    const connection = rawConnection(bench.url);
    connection.write(
      `POST ${bench.path(task)} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 5000000000\r\n\r\n{"status"`,
    );
    expect((await connection.answer()).status).toBe(413);
    connection.drop();
    expect((await bench.deliver(task)).status).toBe(200);
  });

  it('answers 413 to an endless body without reading it', { limitBytes: LIMIT }, async (bench) => {
    const task = await bench.task();
    const connection = rawConnection(bench.url);
    connection.write(
      `POST ${bench.path(task)} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    const piece = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536, 32), Buffer.from('\r\n')]);
    await bench.until('the answer comes, or the connection is cut', () => {
      if (!connection.closed) connection.write(piece);
      return connection.closed || connection.received().includes('\r\n\r\n') || connection.sent > SLACK;
    });
    expect(connection.sent < SLACK).toBe(true);
    // Who goes on writing into a connection that is closed for it may lose the answer.
    if (connection.received().byteLength > 0)
      expect(connection.received().toString('latin1').slice(0, 12)).toBe('HTTP/1.1 413');
    expect(bench.ended.map(({ status }) => status)).toEqual([413]);
    connection.drop();
    expect(bench.signed.seen.length).toBe(0);
    expect((await bench.deliver(task)).status).toBe(200);
  });

  it('is done with a client that disconnects in the middle of its body', async (bench) => {
    const task = await bench.task();
    const head = `POST ${bench.path(task)} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n`;
    const beginnings = [
      `${head}Content-Length: 1000\r\n\r\n{"status":"succ`,
      `${head}Transfer-Encoding: chunked\r\n\r\n5\r\n{"sta\r\n`,
    ];
    for (const [index, beginning] of beginnings.entries()) {
      const connection = rawConnection(bench.url);
      connection.write(beginning);
      await bench.rest(60);
      connection.drop();
      await bench.until('the handler is done with the lost client', () => bench.ended.length > index);
      expect(bench.ended[index]).toMatchObject({ reason: 'body_aborted' });
    }
    expect(bench.signed.seen.length).toBe(0);
    expect((await bench.read(task))?.status).toBe('pending');
    expect((await bench.deliver(task)).status).toBe(200);
  });

  it('records the delivery of a client that disconnects before its answer', async (bench) => {
    const task = await bench.task();
    const bytes = Buffer.from(JSON.stringify(DONE));
    bench.outage.hold();
    const connection = rawConnection(bench.url);
    const headers = ['Content-Type: application/json', `X-Signature: ${signatureOf(bytes)}`];
    connection.write(requestBytes({ path: bench.path(task), body: bytes, headers }));
    await bench.until('the delivery waits for the store', () => bench.outage.waiting > 0);
    connection.drop();
    await bench.rest(30);
    bench.outage.end();
    await bench.until('it is recorded', async () => (await bench.read(task))?.status === 'succeeded');
    expect((await bench.deliver(task)).status).toBe(200);
  });

  it('waits for a slow client, whose bytes come one by one', async (bench) => {
    const task = await bench.task();
    const bytes = Buffer.from('{"status":"succeeded","text":"é🦆"}');
    const connection = rawConnection(bench.url);
    connection.write(
      `POST ${bench.path(task)} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nX-Signature: ${signatureOf(bytes)}\r\nContent-Length: ${bytes.byteLength}\r\n\r\n`,
    );
    for (const byte of bytes) {
      connection.write(Uint8Array.of(byte));
      await bench.rest(3);
    }
    expect((await connection.answer()).status).toBe(200);
    connection.drop();
    expect(Buffer.from(bench.signed.seen.at(-1)?.body ?? []).equals(bytes)).toBe(true);
  });

  it('gives up a body that does not come in time', { bodyTimeoutMs: 150 }, async (bench) => {
    const task = await bench.task();
    const connection = rawConnection(bench.url);
    connection.write(`POST ${bench.path(task)} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{`);
    expect((await connection.answer()).status).toBe(408);
    connection.drop();
    expect((await bench.deliver(task)).status).toBe(200);
  });

  it('lets a client ask before it sends', async (bench) => {
    const task = await bench.task();
    const bytes = Buffer.from(JSON.stringify(DONE));
    const headers = ['Expect: 100-continue', 'Content-Type: application/json', `X-Signature: ${signatureOf(bytes)}`];
    const all = requestBytes({ path: bench.path(task), body: bytes, headers });
    const connection = rawConnection(bench.url);
    connection.write(all.subarray(0, all.byteLength - bytes.byteLength));
    await bench.until('it is told to go on', () => connection.received().includes('HTTP/1.1 100'));
    connection.write(bytes);
    expect((await connection.answer()).status).toBe(200);
    connection.drop();
  });

  it('does not take the body of a refused delivery for the next request', async (bench) => {
    const task = await bench.task();
    const connection = rawConnection(bench.url);
    const body = Buffer.from(JSON.stringify(DONE));
    const headers = ['Content-Type: application/json', `X-Signature: ${signatureOf(body)}`];
    const smuggled = requestBytes({ path: bench.path(task), body, headers });
    const refused = Buffer.concat([Buffer.alloc(300_000, 120), smuggled]);
    connection.write(requestBytes({ path: '/callbacks/nobody/token', body: refused }));
    expect((await connection.answer()).status).toBe(404);
    await bench.rest(100);
    expect((await bench.read(task))?.status).toBe('pending');
    // It may close this connection, or serve on; either way the next delivery is taken.
    connection.drop();
    expect((await bench.deliver(task)).status).toBe(200);
  });

  it('is not stopped by slow clients from serving others', async (bench) => {
    const task = await bench.task();
    const slow = Array.from({ length: 20 }, () => rawConnection(bench.url));
    for (const connection of slow)
      connection.write(`POST ${bench.path(task)} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{`);
    expect((await bench.deliver(task)).status).toBe(200);
    for (const connection of slow) connection.drop();
  });

  it('takes 100 identical deliveries at once in exactly once, and answers all of them', async (bench) => {
    const task = await bench.task();
    const answers = await Promise.all(Array.from({ length: 100 }, () => bench.deliver(task)));
    expect(answers.filter(({ status }) => status === 200).length).toBe(100);
    const { effects, entries } = await bench.store.ledger({ taskId: task.id });
    const deliveries = entries.filter(({ fact }) => fact.source === 'delivery');
    expect(deliveries.map(({ copies }) => copies)).toEqual([100]);
    expect(effects.length).toBe(1);
  });
}
