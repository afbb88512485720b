import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type NodeBodySource, nodeBody } from './node-body.js';

const source = (over: Partial<NodeBodySource>): NodeBodySource => ({
  headers: {},
  stream: Readable.from([]),
  untouched: true,
  body: undefined,
  rawBody: undefined,
  fix: 'put it first.',
  ...over,
});

async function read(text: string | Uint8Array): Promise<Readable> {
  const stream = Readable.from([Buffer.from(text)]);
  for await (const _chunk of stream);
  return stream;
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

describe('the body of a Node request', () => {
  it('counts kept bytes as exact only when they are as long as what was sent', async () => {
    const kept = Buffer.from('{"a":1}');
    const as = (headers: NodeBodySource['headers']): Promise<boolean> =>
      nodeBody(source({ rawBody: kept, headers }), 100).then(({ exact }) => exact);
    expect(await as({ 'content-length': '7' })).toBe(true);
    expect(await as({})).toBe(true);
    // A byte order mark that a parser dropped, and a body that it inflated.
    expect(await as({ 'content-length': '10' })).toBe(false);
    expect(await as({ 'content-encoding': 'gzip' })).toBe(false);
    expect(await as({ 'content-encoding': 'identity' })).toBe(true);
  });

  it('counts kept text as exact only when it was UTF-8 and lost nothing', async () => {
    const as = (rawBody: string, type: string): Promise<boolean> =>
      nodeBody(source({ rawBody, headers: { 'content-type': type } }), 100).then(({ exact }) => exact);
    expect(await as('é', 'application/json')).toBe(true);
    expect(await as('é', 'application/json; charset="UTF-8"')).toBe(true);
    expect(await as('é', 'application/json; charset=latin1')).toBe(false);
    expect(await as('\uFFFD', 'application/json')).toBe(false);
  });

  it('prints a parsed body in the format it came in, and never calls it exact', async () => {
    const stream = await read('x');
    const form = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
    const printed = await nodeBody(source({ stream, headers: form, body: { a: 'é &', b: ['1', '2'] } }), 100);
    expect(printed.exact).toBe(false);
    expect(text(printed.bytes)).toBe('a=%C3%A9+%26&b=1&b=2');
    const json = await nodeBody(source({ stream, body: [1, null] }), 100);
    expect([json.exact, text(json.bytes)]).toEqual([false, '[1,null]']);
  });

  it('says that a body is gone when a parser left nothing to print, and how to keep it', async () => {
    const stream = await read('x');
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const lost = [{}, { body: null }, { body: cyclic }, { body: { a: { b: '1' } }, headers: form }];
    for (const left of lost)
      await expect(nodeBody(source({ stream, ...left }), 100)).rejects.toMatchObject({
        code: 'body_consumed',
        message: expect.stringContaining('put it first.'),
      });
  });

  it('says that a body is gone while somebody else reads it', async () => {
    const stream = new Readable({ read() {} });
    stream.on('data', () => undefined);
    await expect(nodeBody(source({ stream }), 100)).rejects.toMatchObject({ code: 'body_consumed' });
  });

  it('reads an untouched stream though something put an object on the request', async () => {
    const stream = Readable.from([Buffer.from('{"a":'), Buffer.from('1}')]);
    const { bytes, exact } = await nodeBody(source({ stream, body: {} }), 100);
    expect([exact, text(bytes)]).toEqual([true, '{"a":1}']);
  });

  it('takes an empty body for what it is, whatever a parser made of it', async () => {
    const { bytes, exact } = await nodeBody(
      source({ stream: await read(''), body: {}, headers: { 'content-length': '0' } }),
      100,
    );
    expect([exact, bytes.byteLength]).toEqual([true, 0]);
  });

  it('holds kept bytes, announced lengths and streams to the limit', async () => {
    const over = [
      { rawBody: Buffer.alloc(11) },
      { headers: { 'content-length': '11' } },
      { stream: Readable.from([Buffer.alloc(6), Buffer.alloc(5)]) },
    ];
    for (const left of over) await expect(nodeBody(source(left), 10)).rejects.toMatchObject({ code: 'body_too_large' });
  });

  it('says when the client went', async () => {
    const stream = new Readable({ read() {} });
    const body = nodeBody(source({ stream }), 10);
    stream.push('half');
    stream.destroy(new Error('reset'));
    await expect(body).rejects.toMatchObject({ code: 'body_aborted' });
    await expect(nodeBody(source({ stream: new Readable({ read() {} }).destroy() }), 10)).rejects.toMatchObject({
      code: 'body_aborted',
    });
  });
});
