import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FaultProxy, faultProxy } from './index.js';

describe('faultProxy', () => {
  let echo: Server;
  let proxy: FaultProxy;
  /** All bytes that reached the server behind the proxy. */
  let received = '';

  beforeEach(async () => {
    received = '';
    echo = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      socket.on('data', (chunk) => {
        received += chunk.toString('latin1');
        socket.write(chunk);
      });
      socket.on('end', () => socket.end());
    });
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
    proxy = await faultProxy({ port: (echo.address() as AddressInfo).port });
  });

  afterEach(async () => {
    await proxy.close();
    await new Promise((resolve) => echo.close(resolve));
  });

  async function open(): Promise<Socket> {
    const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
    await once(socket, 'connect');
    return socket;
  }

  async function say(socket: Socket, text: string): Promise<string> {
    socket.write(text);
    const [chunk] = await once(socket, 'data');
    return String(chunk);
  }

  it('passes many bytes and a half-close both ways unchanged', async () => {
    const bytes = randomBytes(5_000_000);
    const socket = await open();
    socket.end(bytes);
    expect((await buffer(socket)).equals(bytes)).toBe(true);
  });

  it('delays every byte, in order', async () => {
    const socket = await open();
    await say(socket, 'warm');
    proxy.delay(60);
    const startedAt = performance.now();
    socket.write('one ');
    await sleep(5);
    socket.end('two');
    expect((await buffer(socket)).toString()).toBe('one two');
    // Once to the server and once back. Timers may fire a millisecond early.
    expect(performance.now() - startedAt).toBeGreaterThan(115);
  });

  it('holds everything back while stalled, with the connection open, and delivers it when healed', async () => {
    const socket = await open();
    await say(socket, 'warm');
    proxy.stall();
    let heard = '';
    let closed = false;
    socket.on('data', (chunk) => {
      heard += chunk.toString();
    });
    socket.once('close', () => {
      closed = true;
    });
    socket.write('held');
    await sleep(50);
    expect({ heard, closed, received }).toEqual({ heard: '', closed: false, received: 'warm' });
    await proxy.heal();
    await expect.poll(() => heard).toBe('held');
    socket.destroy();
  });

  it('loses only the answer when stalled towards the client and then cut', async () => {
    const socket = await open();
    proxy.stall('toClient');
    socket.write('do it');
    await expect.poll(() => received).toBe('do it');
    const failed = once(socket, 'error');
    proxy.cut();
    expect(await failed).toMatchObject([{ code: 'ECONNRESET' }]);
    expect(socket.bytesRead).toBe(0);
  });

  it('cuts open connections and takes new ones', async () => {
    const socket = await open();
    await say(socket, 'warm');
    expect(proxy.connections).toBe(1);
    const failed = once(socket, 'error');
    proxy.cut();
    expect(await failed).toMatchObject([{ code: 'ECONNRESET' }]);
    expect(proxy.connections).toBe(0);
    const again = await open();
    expect(await say(again, 'again')).toBe('again');
    again.destroy();
  });

  it('refuses new connections and keeps the open ones, until healed on the same port', async () => {
    const early = await open();
    await proxy.refuse();
    await expect(open()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(await say(early, 'still here')).toBe('still here');
    await proxy.heal();
    const late = await open();
    expect(await say(late, 'back')).toBe('back');
    early.destroy();
    late.destroy();
  });

  it('resets its client when the server is down', async () => {
    const down = createServer();
    await new Promise<void>((resolve) => down.listen(0, '127.0.0.1', resolve));
    const { port } = down.address() as AddressInfo;
    await new Promise((resolve) => down.close(resolve));
    const toNobody = await faultProxy({ port });
    const socket = connect(toNobody.port, '127.0.0.1');
    expect(await once(socket, 'error')).toMatchObject([{ code: 'ECONNRESET' }]);
    await toNobody.close();
  });
});
