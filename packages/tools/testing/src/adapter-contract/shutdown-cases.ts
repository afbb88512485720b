import type { AdapterSuite } from './adapter-suite.js';

/** What happens to deliveries while a process ends. */
export function shutdownCases({ expect, it }: AdapterSuite): void {
  it('answers the delivery in flight, and tells later ones to come again', async (bench) => {
    const task = await bench.task();
    const later = await bench.task();
    bench.outage.hold();
    const inFlight = bench.deliver(task);
    await bench.until('the delivery waits for the store', () => bench.outage.waiting > 0);
    const stopped = bench.latch.stop();
    const refused = await bench.deliver(later);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers['retry-after']) > 0).toBe(true);
    bench.outage.end();
    expect((await inFlight).status).toBe(200);
    await stopped;
    expect((await bench.read(task))?.status).toBe('succeeded');
    expect((await bench.read(later))?.status).toBe('pending');
  });

  it('still shows tasks after the latch was stopped, but opens no stream', async (bench) => {
    const task = await bench.task();
    await bench.latch.stop();
    expect((await bench.ask(`/${task.id}`, 'alice')).status).toBe(200);
    expect((await bench.ask(`/${task.id}/events`, 'alice')).status).toBe(503);
  });
}
