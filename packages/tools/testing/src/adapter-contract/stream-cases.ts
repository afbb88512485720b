import { DONE, withBench } from './adapter-bench.js';
import type { AdapterSuite } from './adapter-suite.js';
import { openStream } from './event-stream.js';

const alice = { 'x-user': 'alice' };

/** Live progress as server-sent events. */
export function streamCases({ expect, it, serve }: AdapterSuite): void {
  it('streams each state at once, past compression and proxies, and ends with the task', async (bench) => {
    const task = await bench.task();
    const stream = await openStream(`${bench.url}/tasks/${task.id}/events`, alice);
    expect(stream.status).toBe(200);
    expect(stream.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(stream.headers['x-accel-buffering']).toBe('no');
    expect(stream.headers['cache-control']).toBe('no-store, no-transform');
    expect(stream.headers['content-encoding']).toBe(undefined);
    expect(stream.headers['content-length']).toBe(undefined);
    const first = await stream.next();
    expect(first).toMatchObject({ event: 'task', data: { id: task.id, status: 'pending' } });
    await bench.deliver(task, { status: 'running', progress: 40 });
    expect((await stream.next()).data).toMatchObject({ status: 'running', progress: 40 });
    await bench.deliver(task, DONE);
    expect((await stream.next()).data).toMatchObject({ status: 'succeeded' });
    await stream.ended();
  });

  it('streams to watchers of two instances, whichever of them takes the callback', async (bench) => {
    await withBench(serve, { store: bench.store }, async (other) => {
      const task = await bench.task();
      const streams = await Promise.all(
        [bench, other, bench].map(({ url }) => openStream(`${url}/tasks/${task.id}/events`, alice)),
      );
      for (const stream of streams) expect((await stream.next()).data.status).toBe('pending');
      await bench.deliver(task, DONE);
      for (const stream of streams) expect((await stream.next()).data.status).toBe('succeeded');
      await Promise.all(streams.map((stream) => stream.ended()));
    });
  });

  it('goes on after `Last-Event-ID`, and answers 204 once the end was seen', async (bench) => {
    const task = await bench.task();
    const events = `${bench.url}/tasks/${task.id}/events`;
    const before = await openStream(events, alice);
    const first = await before.next();
    before.drop();
    await bench.deliver(task, { status: 'running', progress: 10 });
    const again = await openStream(events, { ...alice, 'last-event-id': first.id ?? '' });
    const second = await again.next();
    expect(second.data.status).toBe('running');
    expect(Number(second.id) > Number(first.id)).toBe(true);
    const upToDate = await openStream(events, { ...alice, 'last-event-id': second.id ?? '' });
    await bench.deliver(task, DONE);
    const last = await again.next();
    expect(last.data.status).toBe('succeeded');
    expect((await upToDate.next()).data.status).toBe('succeeded');
    await Promise.all([again.ended(), upToDate.ended()]);
    const over = await openStream(events, { ...alice, 'last-event-id': last.id ?? '' });
    expect(over.status).toBe(204);
    expect(over.headers['content-length']).toBe(undefined);
    await over.ended();
    expect(over.text()).toBe('');
    const odd = await openStream(events, { ...alice, 'last-event-id': 'nonsense' });
    expect((await odd.next()).data.status).toBe('succeeded');
    await odd.ended();
  });

  it('shows a stream to the owner only', async (bench) => {
    const task = await bench.task();
    const path = `/${task.id}/events`;
    expect((await bench.ask(path, 'bob')).status).toBe(404);
    expect((await bench.ask(path)).status).toBe(401);
  });

  it('beats while nothing happens', { tasks: { heartbeatMs: 30 } }, async (bench) => {
    const task = await bench.task();
    const stream = await openStream(`${bench.url}/tasks/${task.id}/events`, alice);
    await bench.until('there are heartbeats', () => stream.text().split(': still here\n\n').length > 3);
    stream.drop();
  });

  it('frees everything when a watcher goes', { tasks: { maxStreams: 2 } }, async (bench) => {
    const task = await bench.task();
    const events = `${bench.url}/tasks/${task.id}/events`;
    for (let round = 0; round < 3; round += 1) {
      const streams = [await openStream(events, alice), await openStream(events, alice)];
      for (const stream of streams) await stream.next();
      const full = await bench.ask(`/${task.id}/events`, 'alice');
      expect(full.status).toBe(503);
      expect(full.headers['retry-after'] === undefined).toBe(false);
      for (const stream of streams) stream.drop();
      await bench.until('the places are free again', async () => {
        const probe = await openStream(events, alice);
        probe.drop();
        return probe.status === 200;
      });
      // The probe's own place.
      await bench.rest(50);
    }
    const reads = bench.outage.reads;
    await bench.until('nobody reads the task any more', async () => {
      const before = bench.outage.reads;
      await bench.rest(1_500);
      return bench.outage.reads === before;
    });
    expect(bench.outage.reads - reads < 50).toBe(true);
  });

  it('survives a watcher that goes before its first event', async (bench) => {
    const task = await bench.task();
    const streams = await Promise.all(
      Array.from({ length: 10 }, () => openStream(`${bench.url}/tasks/${task.id}/events`, alice)),
    );
    for (const stream of streams) stream.drop();
    expect((await bench.deliver(task)).status).toBe(200);
    expect((await bench.ask(`/${task.id}`, 'alice')).status).toBe(200);
  });

  it('ends its streams when the latch is stopped', async (bench) => {
    const task = await bench.task();
    const stream = await openStream(`${bench.url}/tasks/${task.id}/events`, alice);
    await stream.next();
    await bench.latch.stop();
    await stream.ended();
  });
}
