import { describe, expect, it } from 'vitest';
import { BusyClock } from '../../../src/timing/busy-clock.ts';

describe('BusyClock', () => {
  it('counts time in which jobs overlap once, and the time between jobs not at all', async () => {
    // Prepare
    let time = 0;
    const clock = new BusyClock(() => time);
    const ends: (() => void)[] = [];
    const job = () => clock.during(() => new Promise<void>((end) => ends.push(end)));

    // Act: 10-30 and 20-50 overlap, then 100-105
    time = 10;
    const first = job();
    time = 20;
    const second = job();
    time = 30;
    ends[0]?.();
    await first;
    time = 50;
    ends[1]?.();
    await second;
    time = 100;
    const third = job();
    time = 105;
    ends[2]?.();
    await third;

    // Assess
    expect(clock.busyMs).toBe(45);
  });

  it('stops the clock for a job that fails', async () => {
    let time = 0;
    const clock = new BusyClock(() => time);
    const failing = clock.during(async () => {
      time = 7;
      throw new Error('broken');
    });
    await expect(failing).rejects.toThrow('broken');
    time = 100;
    expect(clock.busyMs).toBe(7);
  });
});
