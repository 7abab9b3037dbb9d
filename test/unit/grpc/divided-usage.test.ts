import { expect, it } from 'vitest';
import { DividedUsage } from '../../../src/grpc/worker/divided-usage.ts';

it('divides the CPU time of the process among what runs at the time', () => {
  let cpuMs = 0;
  const shared = new DividedUsage(() => ({ cpuMs, rssPeakBytes: 7 }));
  const [a, b] = [shared.begin(), shared.begin()];
  cpuMs = 10;
  expect(a.usage()).toEqual({ cpuMs: 5, rssPeakBytes: 7 });
  a.end();
  cpuMs = 16;
  expect(b.usage().cpuMs).toBe(11);
  b.end();
  cpuMs = 100;
  // What the process used while there was no work belongs to no work.
  expect(shared.begin().usage().cpuMs).toBe(0);
});
