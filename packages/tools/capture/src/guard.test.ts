import { readdir } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { context, running, succeeded } from '../test/running.js';
import { selfSigned } from '../test/self-signed.js';
import { type CaptureOptions, captureResults } from './capture-results.js';

const { serve, serveTls, folder } = running();
const png: RequestListener = (_request, response) =>
  void response.setHeader('content-type', 'image/png').end('picture');
const redirectTo =
  (url: string, status = 302): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, { location: url }).end();

/** The code of what a capture of this URL threw; undefined when it went well. */
async function codeOf(options: Omit<CaptureOptions, 'to'>, url: string): Promise<unknown> {
  const to = await folder();
  const error: unknown = await captureResults({ to, timeoutMs: 10_000, ...options })(succeeded([url]), context()).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect((await readdir(to)).length).toBe(error === undefined ? 1 : 0);
  return error instanceof Error && 'code' in error ? error.code : error;
}

/** A resolver that gives its answers in turn, and counts. */
function resolver(...answers: (readonly string[])[]) {
  const asked: string[] = [];
  return { asked, resolve: async (hostname: string) => answers[asked.push(hostname) - 1] ?? answers.at(-1) ?? [] };
}

describe('captureResults, where it connects', () => {
  it('takes https only', async () => {
    const server = await serve(png);
    expect(await codeOf({ allowPrivate: true }, server.url)).toBe('insecure_url');
    expect(server.connections()).toBe(0);
  });

  it('connects to nothing that is not public, in whatever spelling', async () => {
    const server = await serve(png);
    const hosts = [
      '127.0.0.1',
      '127.1',
      '0x7f.1',
      '2130706433',
      '0177.0.0.1',
      '127.0.0.1.',
      '0.0.0.0',
      'localhost',
      'localhost.',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '[::ffff:7f00:1]',
      '[::]',
      '10.0.0.1',
      '169.254.169.254',
      '[fd00:ec2::254]',
      '[64:ff9b::7f00:1]',
      '%31%32%37.0.0.1',
      '①②⑦.0.0.1',
    ];
    const codes = await Promise.all(hosts.map((host) => codeOf({ allowHttp: true }, `http://${host}:${server.port}/`)));
    // Some resolvers know no `localhost.`, which is as good.
    expect(codes.filter((code, index) => code !== 'private_address' && hosts[index] !== 'localhost.')).toEqual([]);
    expect(server.connections()).toBe(0);
  });

  it('refuses a name when any of its addresses is not public', async () => {
    const server = await serve(png);
    for (const addresses of [
      ['127.0.0.1'],
      ['93.184.216.34', '127.0.0.1'],
      ['93.184.216.34', '::1'],
      ['93.184.216.34', 'no address'],
    ]) {
      const { resolve } = resolver(addresses);
      expect(await codeOf({ allowHttp: true, resolve }, `http://files.example.test:${server.port}/`)).toBe(
        'private_address',
      );
    }
    expect(server.connections()).toBe(0);
  });

  it('takes addresses the app allows, and no others', async () => {
    const server = await serve(png);
    const allowPrivate = (address: string) => address === '127.0.0.1';
    expect(await codeOf({ allowHttp: true, allowPrivate }, server.url)).toBe(undefined);
    expect(await codeOf({ allowHttp: true, allowPrivate }, `http://127.0.0.2:${server.port}/`)).toBe('private_address');
    const { resolve } = resolver(['no address']);
    expect(await codeOf({ allowHttp: true, allowPrivate: true, resolve }, 'http://files.example.test/')).toBe(
      'private_address',
    );
  });

  it('resolves a name once and connects to that answer, whatever the name says a moment later', async () => {
    const meant = await serve(png, '127.0.0.2');
    const hosts: (string | undefined)[] = [];
    const inside = await serve(png);
    const watched = await serve((request, response) => {
      hosts.push(request.headers.host);
      png(request, response);
    }, '127.0.0.3');
    const { asked, resolve } = resolver(['127.0.0.3'], ['127.0.0.1']);
    const allowPrivate = (address: string) => address === '127.0.0.3';
    expect(
      await codeOf({ allowHttp: true, allowPrivate, resolve }, `http://files.example.test:${watched.port}/a`),
    ).toBe(undefined);
    expect(asked).toEqual(['files.example.test']);
    expect(hosts).toEqual([`files.example.test:${watched.port}`]);
    expect(meant.connections() + inside.connections()).toBe(0);
  });
});

describe('captureResults, on a redirect', () => {
  it('follows it, absolute or relative, and asks the resolver again', async () => {
    const last = await serve(png);
    const first = await serve((request, response) => {
      if (request.url === '/a') redirectTo('b?c=d', 301)(request, response);
      else if (request.url === '/b?c=d') redirectTo(`//files.example.test:${last.port}/e`, 307)(request, response);
      else response.writeHead(500).end();
    });
    const { asked, resolve } = resolver(['127.0.0.1']);
    expect(await codeOf({ allowHttp: true, allowPrivate: true, resolve }, `${first.url}/a`)).toBe(undefined);
    expect(asked).toEqual(['files.example.test']);
  });

  it('checks where it leads like the first address', async () => {
    const inside = await serve(png);
    const { url } = await serve(redirectTo(`http://127.0.0.1:${inside.port}/`), '127.0.0.2');
    const allowPrivate = (address: string) => address === '127.0.0.2';
    expect(await codeOf({ allowHttp: true, allowPrivate }, url)).toBe('private_address');

    const named = await serve(redirectTo(`http://files.example.test:${inside.port}/`), '127.0.0.2');
    const { resolve } = resolver(['127.0.0.1']);
    expect(await codeOf({ allowHttp: true, allowPrivate, resolve }, named.url)).toBe('private_address');
    expect(inside.connections()).toBe(0);
  });

  it('catches a name that was public at the first hop and is not at the second', async () => {
    const inside = await serve(png);
    const outside = await serve((request, response) => {
      redirectTo(`http://files.example.test:${inside.port}/`)(request, response);
    }, '127.0.0.2');
    const { asked, resolve } = resolver(['127.0.0.2'], ['127.0.0.1']);
    const allowPrivate = (address: string) => address === '127.0.0.2';
    expect(await codeOf({ allowHttp: true, allowPrivate, resolve }, `http://files.example.test:${outside.port}/`)).toBe(
      'private_address',
    );
    expect(asked.length).toBe(2);
    expect(inside.connections()).toBe(0);
  });

  it.each([
    ['file:///etc/passwd', 'bad_url'],
    ['ftp://files.example.test/', 'bad_url'],
    ['http://user:word@files.example.test/', 'bad_url'],
    ['http://[', 'bad_url'],
  ])('does not follow one to %s', async (location, code) => {
    const server = await serve(redirectTo(location));
    expect(await codeOf({ allowHttp: true, allowPrivate: true }, server.url)).toBe(code);
  });

  it('does not go round in circles', async () => {
    const server = await serve(redirectTo('/again'));
    expect(await codeOf({ allowHttp: true, allowPrivate: true }, server.url)).toBe('too_many_redirects');
    expect(server.requests()).toBe(4);
    const other = await serve(redirectTo('/again'));
    expect(await codeOf({ allowHttp: true, allowPrivate: true, maxRedirects: 0 }, other.url)).toBe(
      'too_many_redirects',
    );
    expect(other.requests()).toBe(1);
  });
});

describe('captureResults, over TLS', () => {
  const { key, cert } = selfSigned('files.example.test');

  it('checks the certificate for the host, at the address that was resolved, and names the host to the server', async () => {
    const seen: unknown[] = [];
    const server = await serveTls(key, cert, (request, response) => {
      seen.push((request.socket as TLSSocket).servername, request.headers.host);
      png(request, response);
    });
    const { resolve } = resolver(['127.0.0.1']);
    const options = { allowPrivate: true, resolve };
    expect(await codeOf({ ...options, ca: cert }, `https://files.example.test:${server.port}/a`)).toBe(undefined);
    expect(seen).toEqual(['files.example.test', `files.example.test:${server.port}`]);

    expect(await codeOf({ ...options, ca: cert }, `https://other.example.test:${server.port}/a`)).toBe('unreachable');
    expect(await codeOf(options, `https://files.example.test:${server.port}/a`)).toBe('unreachable');
    expect(await codeOf({ ...options, ca: cert }, `https://127.0.0.1:${server.port}/a`)).toBe('unreachable');
    expect(server.requests()).toBe(1);
  });

  it('does not follow a redirect down to http', async () => {
    const plain = await serve(png);
    const server = await serveTls(key, cert, redirectTo(plain.url));
    const { resolve } = resolver(['127.0.0.1']);
    const options = { allowPrivate: true, resolve, ca: cert };
    expect(await codeOf(options, `https://files.example.test:${server.port}/a`)).toBe('insecure_url');
    expect(plain.connections()).toBe(0);
  });
});
