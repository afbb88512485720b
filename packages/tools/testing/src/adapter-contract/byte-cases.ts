import { gzipSync } from 'node:zlib';
import { DONE } from './adapter-bench.js';
import type { AdapterSuite } from './adapter-suite.js';
import { rawConnection, requestBytes } from './raw-http.js';
import { signatureOf } from './recording-provider.js';

const JSON_TYPE = 'Content-Type: application/json';
const FORM_TYPE = 'Content-Type: application/x-www-form-urlencoded';

/** Bodies that change when somebody reads and prints them again, each with its content type. */
const BODIES: Record<string, readonly [body: Buffer, ...headers: string[]]> = {
  'JSON with odd spacing, order and numbers': [
    Buffer.from('\t{ "status" :"succeeded",\r\n\n "b":1.0 , "a":1e2,"a": 12345678901234567890, "s":"\\u00e9\\/" }\n '),
    JSON_TYPE,
  ],
  'UTF-8 with a byte order mark': [Buffer.from('\uFEFF{"status":"succeeded","text":"grün 🦆"}'), JSON_TYPE],
  'bytes that are no UTF-8': [
    Buffer.concat([
      Buffer.from('{"status":"succeeded","text":"'),
      Buffer.from([0xff, 0xc3, 0x28, 0x80]),
      Buffer.from('"}'),
    ]),
    JSON_TYPE,
  ],
  'JSON that is none': [Buffer.from('{"status":"succeeded",'), JSON_TYPE],
  'a gzip body': [gzipSync(JSON.stringify(DONE)), JSON_TYPE, 'Content-Encoding: gzip'],
  'a body that says gzip and is not': [Buffer.from(JSON.stringify(DONE)), JSON_TYPE, 'Content-Encoding: gzip'],
  'an encoding nobody knows': [Buffer.from(JSON.stringify(DONE)), JSON_TYPE, 'Content-Encoding: zork'],
  'a form': [Buffer.from('status=succeeded&b=1+2&a=%C3%A9&a='), FORM_TYPE],
  'a multipart form': [
    Buffer.from('--x\r\nContent-Disposition: form-data; name="status"\r\n\r\nsucceeded\r\n--x--\r\n'),
    'Content-Type: multipart/form-data; boundary=x',
  ],
  'plain text': [Buffer.from('{"status":"succeeded"}'), 'Content-Type: text/plain; charset=latin1'],
  'UTF-16': [Buffer.from('{"status":"succeeded"}', 'utf16le'), 'Content-Type: application/json; charset=utf-16le'],
  'a content type that is none': [Buffer.from('{"status":"succeeded"}'), 'Content-Type: ;;;'],
  'no content type at all': [Buffer.from('{"status":"succeeded"}')],
  'every byte there is': [
    Buffer.from(Uint8Array.from({ length: 256 }, (_, byte) => byte)),
    'Content-Type: application/octet-stream',
  ],
  'nothing but line ends': [Buffer.from('\r\n\r\n'), JSON_TYPE],
  'an empty body': [Buffer.alloc(0), JSON_TYPE],
};

/** The bytes that a sender sends are the bytes that its signature is computed over. */
export function byteCases({ expect, it }: AdapterSuite): void {
  for (const [what, [bytes, ...headers]] of Object.entries(BODIES)) {
    it(`hands over ${what} byte for byte, with a length and in chunks`, async (bench) => {
      const task = await bench.task();
      for (const chunked of [false, true]) {
        const connection = rawConnection(bench.url);
        const signature = `X-Signature: ${signatureOf(bytes)}`;
        connection.write(
          requestBytes({ path: bench.path(task), body: bytes, chunked, headers: [...headers, signature] }),
        );
        const answer = await connection.answer();
        connection.drop();
        expect(answer.status).toBe(200);
        expect(hex(bench.signed.seen.at(-1)?.body)).toBe(hex(bytes));
        expect(bench.signed.seen.at(-1)?.exact).toBe(true);
      }
      expect(bench.signed.seen.length).toBe(2);
    });
  }

  it('hands over a large body whole', async (bench) => {
    const task = await bench.task();
    const text = JSON.stringify({ status: 'succeeded', filler: 'é'.repeat(700_000) });
    expect((await bench.deliver(task, text)).status).toBe(200);
    expect(hex(bench.signed.seen.at(-1)?.body) === hex(Buffer.from(text))).toBe(true);
  });

  it('takes a delivery with neither a length nor a body', async (bench) => {
    const task = await bench.task();
    const connection = rawConnection(bench.url);
    const signature = `X-Signature: ${signatureOf(Buffer.alloc(0))}`;
    connection.write(`POST ${bench.path(task)} HTTP/1.1\r\nHost: 127.0.0.1\r\n${signature}\r\n\r\n`);
    expect((await connection.answer()).status).toBe(200);
    connection.drop();
  });

  it('keeps one delivery apart from the next on the same connection', async (bench) => {
    const task = await bench.task();
    const connection = rawConnection(bench.url);
    const bodies = ['{"status":"running"}', '{"status":"running","progress":40}', '{"status":"succeeded"}'];
    for (const [index, text] of bodies.entries()) {
      const bytes = Buffer.from(text);
      const headers = [JSON_TYPE, `X-Signature: ${signatureOf(bytes)}`];
      const before = connection.received().byteLength;
      connection.write(requestBytes({ path: bench.path(task), body: bytes, chunked: index === 1, headers }));
      await bench.until('the answer is there', () => connection.received().byteLength > before);
    }
    expect(
      connection
        .received()
        .toString('latin1')
        .match(/HTTP\/1\.1 200/g)?.length,
    ).toBe(3);
    connection.drop();
    expect(bench.signed.seen.map(({ body }) => Buffer.from(body).toString())).toEqual(bodies);
    expect((await bench.read(task))?.status).toBe('succeeded');
  });
}

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');
