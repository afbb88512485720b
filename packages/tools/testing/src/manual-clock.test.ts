import { describe, expect, it } from 'vitest';
import { manualClock } from './manual-clock.js';

describe('manualClock', () => {
  it('stands still until it is told to move', async () => {
    const clock = manualClock(1_000);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(clock.now()).toBe(1_000);
    await clock.advance(250);
    expect(clock.now()).toBe(1_250);
  });

  it('runs timers at their own time, in order, and those of one moment as they were set', async () => {
    const clock = manualClock(0);
    const ran: string[] = [];
    for (const [name, ms] of [
      ['late', 30],
      ['first', 10],
      ['second', 10],
      ['never', 100],
    ] as const) {
      clock.setTimeout(() => ran.push(`${name} at ${clock.now()}`), ms);
    }
    await clock.advance(50);
    expect(ran).toEqual(['first at 10', 'second at 10', 'late at 30']);
    expect(clock.timers).toBe(1);
  });

  it('lets promises settle after each timer, and runs timers that they set', async () => {
    const clock = manualClock(0);
    const ran: number[] = [];
    const sleep = (ms: number) => new Promise<void>((resolve) => void clock.setTimeout(resolve, ms));
    const worker = (async () => {
      for (let round = 0; round < 3; round += 1) {
        await sleep(10);
        await Promise.resolve();
        ran.push(clock.now());
      }
    })();
    await clock.advance(30);
    expect(ran).toEqual([10, 20, 30]);
    await worker;
  });

  it('runs no timer that was cancelled', async () => {
    const clock = manualClock();
    let ran = 0;
    const cancel = clock.setTimeout(() => (ran += 1), 5);
    cancel();
    cancel();
    await clock.advance(10);
    expect(ran).toBe(0);
    expect(clock.timers).toBe(0);
  });
});
